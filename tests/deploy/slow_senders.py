"""Slow senders of webhooks: slow_senders.py NAME COUNT. They connect to 127.0.0.1:443 from several addresses of this
machine, send heads without end or bodies without end, and drip until they are killed."""

import asyncio
import ssl
import sys
import time

PER_ADDRESS = 90
DRIP_SECONDS = 0.5


def said(number: int, name: str) -> bytes:
    head = (
        f"POST /webhooks/zoom HTTP/1.1\r\nhost: {name}\r\nx-zm-request-timestamp: {int(time.time())}\r\n"
        f"x-zm-signature: v0={'0' * 64}\r\n"
    )
    largest = 256 * 1024
    return [
        head + "x-more: " + "x" * 4000,
        head + f"content-length: {largest}\r\n\r\n" + "x" * (largest - 10_000),
        head + "transfer-encoding: chunked\r\n\r\n" + f"{largest:x}\r\n" + "x" * (largest - 10_000),
        head + f"content-length: {largest}\r\n\r\n",
    ][number % 4].encode()


async def send(number: int, name: str, ready: asyncio.Semaphore) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    address = f"127.0.1.{1 + number // PER_ADDRESS}"
    is_first = True
    while True:
        try:
            _, writer = await asyncio.open_connection(
                "127.0.0.1", 443, ssl=context, server_hostname=name, local_addr=(address, 0)
            )
            writer.write(said(number, name))
            await writer.drain()
            if is_first:
                ready.release()
                is_first = False
            while True:
                await asyncio.sleep(DRIP_SECONDS)
                writer.write(b"x")
                await writer.drain()
        except OSError:
            # Cut off: once more.
            await asyncio.sleep(DRIP_SECONDS)


async def main(name: str, count: int) -> None:
    ready = asyncio.Semaphore(0)
    senders = [asyncio.create_task(send(number, name, ready)) for number in range(count)]
    for _ in range(count):
        await ready.acquire()
    print(f"all {count} are at it", flush=True)
    await asyncio.gather(*senders)


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
