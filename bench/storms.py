"""Webhooks, and what follows a crash: what only the service does. rclone's column stays empty."""

import json
import subprocess
import time

import machine
import postgres
from clients import MIB, Zoom2drive
from report import Missing, Row


def storm(*words):
    """A run of webhook_bench; the figures of its last line."""
    command = [str(machine.TARGET / "examples/webhook_bench"), "--json", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"webhook_bench: {(done.stderr or done.stdout)[-500:]}")
    return json.loads(done.stdout.splitlines()[-1])


def times(what, said):
    """A line about how long the events waited that were stored."""
    stored = said["answers"].get("200", {"count": 0, "p50": 0, "p99": 0})
    return Row(f"{what}: stored, of {said['events']}", f"{stored['count']} in p50 {stored['p50']:.1f} ms, "
               f"p99 {stored['p99']:.1f} ms")  # fmt: skip


def others(what, said):
    """Lines about those that were not stored, and about the other doors."""
    answers = said["answers"]
    count = lambda name: answers.get(name, {"count": 0})["count"]  # noqa: E731
    yield Row(f"{what}: told to come again (503)", count("503"), digits=0)
    yield Row(f"{what}: closed without an answer, or none in 10 s", count("closed") + count("late"), digits=0)
    yield Row(f"{what}: /healthz, /readyz and /admin/jobs meanwhile", f"{said['doors']['failed']} of "
              f"{said['doors']['asked']} failed, longest {said['doors']['longest']:.0f} ms")  # fmt: skip


def webhooks(_place, asked, _note):
    """Storms of webhooks."""
    seconds = "1" if asked.quick else "6"
    rate, overload = ("200", "400") if asked.quick else ("2000", "4000")
    yield f"Durable webhooks on SQLite for {seconds} s (each 200 was looked up after kill -9: none was missing)"
    what = f"{rate}/s on 64 connections"
    usual = ("--rate", rate, "--seconds", seconds, "--connections", "64")
    yield times(what, storm(*usual))
    what += " while four files move"
    said = storm(*usual, "--moving", "4")
    yield times(what, said)
    yield Row(f"{what}: MiB/s of the files", said["moved"] / MIB / said["seconds"])
    what = f"{overload}/s, a connection for each"
    said = storm("--rate", overload, "--seconds", seconds, "--connections", "0")
    yield times(what, said)
    yield from others(what, said)


def crash(place, asked, note):
    """The time until work goes on."""
    yield "From kill -9 at 50 % of a file until the next download begins, started again at once (median), seconds"
    size = asked.size * MIB
    median = lambda **words: sorted(resume(place, size, **words) for _ in range(asked.runs))[asked.runs // 2]  # noqa: E731
    yield Row("SQLite", median(), digits=2)
    try:
        with postgres.Server(place.folder) as server:
            yield Row("PostgreSQL", median(DATABASE_URL=server.url), digits=2)
    except Missing as missing:
        note(f"on PostgreSQL: {missing}")


def resume(place, size, **settings):
    """One crash."""
    uuid = place.record(1, size)
    with Zoom2drive(place, **settings) as program:
        program.start()
        place.order("count")
        program.move([uuid])
        place.expect(program, "received", bytes=size // 2)
        goes_on = place.ask("moves")
        begun = time.monotonic()
        program.kill()
        program.start()
        goes_on()
        took = time.monotonic() - begun
        place.expect(program, "complete", files=1, bytes=size)
    return took


MEASUREMENTS = {"webhooks": webhooks, "crash": crash}
