"""A keep-alive HTTP connection as thin as can be, so that the server is measured."""

import asyncio
import json


class Connection:
    """One request at a time over one connection."""

    def __init__(self, host, port):
        self._address = (host, port)
        self._head = f"Host: {host}:{port}\r\nContent-Type: application/json\r\n"

    async def open(self):
        self._reader, self._writer = await asyncio.open_connection(*self._address)
        return self

    async def request(self, method, path, body=None):
        """Return status and decoded JSON (or text) of the answer."""
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(data)}"
        self._writer.write(head.encode() + b"\r\n\r\n" + data)
        block = await self._reader.readuntil(b"\r\n\r\n")
        status = int(block[9:12])
        length = 0
        for line in block.split(b"\r\n")[1:]:
            if line.lower().startswith(b"content-length:"):
                length = int(line[15:])
        text = await self._reader.readexactly(length) if length else b""
        if not text:
            return status, None
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text.decode()

    async def close(self):
        self._writer.close()
        await self._writer.wait_closed()
