"""A client of pyright's language server: what an editor asks it, over stdin and stdout."""

import json
import os
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

TIMEOUT = 120.0
"""Seconds to wait for any one answer; the first ones wait for torch to be read."""

_CAPABILITIES = {
    "workspace": {"configuration": True, "workspaceFolders": True},
    "textDocument": {
        "completion": {"completionItem": {"documentationFormat": ["markdown"]}},
        "hover": {"contentFormat": ["markdown"]},
        "publishDiagnostics": {},
        "rename": {},
        "signatureHelp": {"signatureInformation": {"parameterInformation": {"labelOffsetSupport": False}}},
    },
}
_SETTINGS: Mapping[str, Any] = {
    "python": {"pythonPath": sys.executable},
    "python.analysis": {"diagnosticMode": "openFilesOnly"},
}


class LanguageServer:
    """pyright over one folder, from `with` to the end of its block.

    Args:
        root: the folder that the editor has open.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._answers: dict[int, Future[Any]] = {}
        self._diagnostics = defaultdict[str, Future[list[Any]]](Future)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pyright.langserver", "--stdio"],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._input: IO[bytes] = self._process.stdin
        self._output: IO[bytes] = self._process.stdout
        self._writing = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._reader.start()
        folder = {"uri": self.root.as_uri(), "name": self.root.name}
        self.ask(
            "initialize",
            processId=os.getpid(),
            rootUri=folder["uri"],
            workspaceFolders=[folder],
            capabilities=_CAPABILITIES,
        )
        self.tell("initialized")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.ask("shutdown")
            self.tell("exit")
            self._process.wait(TIMEOUT)
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join(TIMEOUT)
            self._input.close()
            self._output.close()

    def open(self, path: Path, text: str | None = None) -> list[Any]:
        """Open a file, saved or not, and return its diagnostics as soon as they are known."""
        content = path.read_text() if text is None else text
        document = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": content}
        self.tell("textDocument/didOpen", textDocument=document)
        return self._diagnostics[path.as_uri()].result(TIMEOUT)

    def ask_at(self, method: str, path: Path, line: int, character: int, **more: Any) -> Any:
        """Ask about a place in an open file, counted from 0."""
        position = {"line": line, "character": character}
        return self.ask(f"textDocument/{method}", textDocument={"uri": path.as_uri()}, position=position, **more)

    def ask(self, method: str, **parameters: Any) -> Any:
        """Send a request and wait for its result."""
        number = len(self._answers)
        self._answers[number] = Future()
        self._send(id=number, method=method, params=parameters)
        return self._answers[number].result(TIMEOUT)

    def tell(self, method: str, **parameters: Any) -> None:
        """Send a notification, which has no answer."""
        self._send(method=method, params=parameters)

    def _send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        with self._writing:
            self._input.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            self._input.flush()

    def _read(self) -> None:
        while message := self._next():
            if "method" not in message:
                self._settle(message)
            elif "id" in message:
                self._send(id=message["id"], result=self._reply(message["method"], message["params"]))
            elif message["method"] == "textDocument/publishDiagnostics":
                known = self._diagnostics[message["params"]["uri"]]
                if not known.done():
                    known.set_result(message["params"]["diagnostics"])

    def _next(self) -> dict[str, Any]:
        """The server's next message; empty at its end."""
        length = 0
        while header := self._output.readline().strip():
            name, _, value = header.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        message: dict[str, Any] = json.loads(self._output.read(length) or b"{}")
        return message

    def _settle(self, message: dict[str, Any]) -> None:
        answer = self._answers[message["id"]]
        if "error" in message:
            answer.set_exception(RuntimeError(message["error"]["message"]))
        else:
            answer.set_result(message["result"])

    @staticmethod
    def _reply(method: str, parameters: Any) -> Any:
        """What an editor answers when the server asks: its settings, and otherwise just that it has heard."""
        if method == "workspace/configuration":
            return [_SETTINGS.get(item.get("section", ""), {}) for item in parameters["items"]]
        return None
