#!/usr/bin/env bash
# A Slurm of one machine on loopback, for as long as its stdin is open: cluster.sh DIRECTORY
# Debian's packages, installed where they are not; all that it writes is in DIRECTORY, and its daemons end with it.
# "ready" on stdout says that jobs may be sent, with SLURM_CONF=DIRECTORY/slurm.conf.
set -euo pipefail
directory=$(realpath "$1")

install() ( # in a shell of its own, for the trap
    export DEBIAN_FRONTEND=noninteractive
    # A package may not start a daemon of its own.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
    fi
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client munge
)
hash slurmctld slurmd srun munged 2>/dev/null || install >&2

# Root's own munge, apart from the system's: key, socket and all.
munge="$directory/munge"
mkdir -p "$munge" "$directory/state" "$directory/spool"
chmod 0755 "$directory" "$munge"
head -c 1024 /dev/urandom >"$munge/key" && chmod 0400 "$munge/key"

cat >"$directory/slurm.conf" <<EOF
ClusterName=loopback
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=${SLURM_PORT:-46817}
SlurmdPort=$((${SLURM_PORT:-46817} + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$munge/socket
CredType=cred/munge
StateSaveLocation=$directory/state
SlurmdSpoolDir=$directory/spool
SlurmctldPidFile=$directory/slurmctld.pid
SlurmdPidFile=$directory/slurmd.pid
SlurmctldLogFile=$directory/slurmctld.log
SlurmdLogFile=$directory/slurmd.log
ProctrackType=proctrack/linuxproc
SlurmdParameters=config_overrides # as many jobs at a time on any machine
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0
KillWait=5
JobRequeue=1
UnkillableStepTimeout=10
NodeName=localhost NodeAddr=127.0.0.1 CPUs=4 RealMemory=2000 State=UNKNOWN
PartitionName=debug Nodes=localhost Default=YES MaxTime=INFINITE State=UP
EOF

export SLURM_CONF="$directory/slurm.conf"
munged --foreground --force --num-threads 2 --key-file "$munge/key" --socket "$munge/socket" --pid-file "$munge/pid" \
    --log-file "$munge/log" --seed-file "$munge/seed" 2>>"$munge/errors" &
daemons=($!)
# shellcheck disable=SC2064
trap 'scancel --user=root 2>/dev/null; sleep 1; kill "${daemons[@]}" 2>/dev/null; wait' EXIT
until [ -S "$munge/socket" ]; do
    kill -0 "${daemons[0]}" || { cat "$munge/errors" >&2; exit 1; }
    sleep 0.1
done
slurmctld -D -c >"$directory/slurmctld.out" 2>&1 &
daemons+=($!)
slurmd -D -N localhost >"$directory/slurmd.out" 2>&1 &
daemons+=($!)
for _ in $(seq 300); do
    [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ] && break
    sleep 0.2
done
[ "$(sinfo --noheader --format=%T)" = idle ] || { cat "$directory"/*.out >&2; exit 1; }
echo ready
cat >/dev/null # until whoever started it closes stdin, or dies
