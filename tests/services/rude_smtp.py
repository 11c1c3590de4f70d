"""A mail server that misbehaves on purpose: ``python rude_smtp.py PORT FOLDER``.

How it does stands in ``FOLDER/ways.json``, looked up at each step; a step is ``CONNECT``,
``EHLO``, ``MAIL``, ``RCPT``, ``DATA``, ``CONTENT`` (before the end of the mail) or ``DOT`` (after
it). ``delay`` seconds are slept before each answer, ``answers`` replaces those of steps or
recipients, at ``hang_up`` the connection is closed and at ``silent`` no answer comes. A mail that
is taken goes into ``FOLDER/taken.jsonl``, before that is told. Knows nothing of the product.
"""

import json
import socketserver
import sys
import time
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[2])
_USUAL = {"CONNECT": "220 rude.test", "DATA": "354 go on"}


class HungUp(Exception):
    pass


class Conversation(socketserver.StreamRequestHandler):
    recipient = ""

    def handle(self) -> None:
        try:
            self._step("CONNECT")
            while line := self.rfile.readline():
                self._obey(line.decode().strip())
        except (HungUp, ConnectionError):
            return

    def _obey(self, line: str) -> None:
        verb = line[:4].upper()
        if verb == "RCPT":
            self.recipient = line[line.index("<") + 1 : line.index(">")]
        if verb == "DATA":
            if self._step("DATA").startswith("354"):
                self._take()
        elif verb == "QUIT":
            self._say("221 bye")
            raise HungUp
        else:
            self._step(verb)

    def _take(self) -> None:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise HungUp
            if not lines:
                self._step("CONTENT", speak=False)
            lines.append(line.removeprefix(b"."))
        answer = self._ways().get("answers", {}).get("DOT", "250")
        if answer.startswith("250"):
            self._keep(b"".join(lines).decode())
        self._step("DOT")

    def _keep(self, content: str) -> None:
        peer = self.client_address[1]
        row = json.dumps({"to": self.recipient, "content": content, "connection": peer})
        with (FOLDER / "taken.jsonl").open("ab", buffering=0) as taken:
            taken.write(f"{row}\n".encode())  # at once, for those who read meanwhile

    def _step(self, step: str, *, speak: bool = True) -> str:
        ways = self._ways()
        time.sleep(ways.get("delay", 0))
        if ways.get("hang_up") == step:
            raise HungUp
        if ways.get("silent") == step:
            self.rfile.read()  # until the other side has had enough
            raise HungUp
        answers = ways.get("answers", {})
        answer: str = answers.get(step) or _USUAL.get(step, "250 fine")
        if step == "RCPT":
            answer = answers.get(self.recipient, answer)
        if speak:
            self._say(answer)
        return answer

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())

    def _ways(self) -> dict[str, Any]:
        ways: dict[str, Any] = json.loads((FOLDER / "ways.json").read_text())
        return ways


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Conversation).serve_forever()
