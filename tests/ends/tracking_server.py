"""As much of MLflow's REST interface as a run needs, on the loopback."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

INFO = {"run_id": "r1", "run_uuid": "r1", "experiment_id": "1", "status": "RUNNING", "lifecycle_stage": "active"}
RUN = {"run": {"info": {**INFO, "artifact_uri": "mlflow-artifacts:/r1", "start_time": 1}, "data": {}}}
EXPERIMENT = {"experiment_id": "1", "name": "project", "lifecycle_stage": "active", "artifact_location": "none"}
ANSWERS: dict[str, dict[str, Any]] = {
    "experiments/get-by-name": {"experiment": EXPERIMENT},
    "runs/create": RUN,
    "runs/get": RUN,
    "runs/update": {"run_info": INFO},
    "runs/log-batch": {},
    "runs/log-metric": {},
    "runs/log-parameter": {},
}


class Server(ThreadingHTTPServer):
    """Keeps the names of the calls that it has answered."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.called = list[str]()

    def shut(self) -> None:
        self.shutdown()
        self.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        called = self.path.partition("?")[0].rpartition("mlflow/")[2]
        assert isinstance(self.server, Server)
        self.server.called.append(called)
        answer = json.dumps(ANSWERS.get(called, {})).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def serving() -> Generator[Server]:
    """A server inside, which may be shut down before its end."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
