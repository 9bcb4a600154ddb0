"""A server of vLLM's /score that answers at once: the score is the length of the second text. Prints its address."""
import asyncio
import json


async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = 0
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line[15:])
            texts = json.loads(await reader.readexactly(length))["text_2"]
            data = [{"index": i, "object": "score", "score": len(t) / 1e3} for i, t in enumerate(texts)]
            body = json.dumps({"id": "s", "object": "list", "data": data, "usage": {"prompt_tokens": 100, "total_tokens": 100}}).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 24)
    print("http://127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
