"""Files on their way: how fast, at what cost, and what an interruption costs."""

import statistics

import machine
from clients import MIB, Rclone, Zoom2drive
from report import Row

GIB = 1024 * MIB
BOTH = (Zoom2drive, Rclone)
# Of a line for measurements, as in a data centre and in a small office; and how late Drive answers a chunk.
RATES = (100, 30)
ANSWER_MILLIS = 400


def clients(note):
    """Both programs, or ours alone if the other is not here."""
    if machine.path_of("rclone"):
        return BOTH
    note("no rclone: its column is empty")
    return (Zoom2drive,)


def once(client, place, recordings, files, size, traced=False, **words):
    """One transfer of new files: what the fake saw, and what the program used."""
    uuids = [place.record(files, size) for _ in range(recordings)]
    with client(place, **words) as program:
        program.start(traced)
        if isinstance(program, Rclone):
            program.prepare(uuids)
        place.order("count")
        program.move(uuids)
        seen = place.expect(program, "complete", files=recordings * files, bytes=size)
        seen.update(program.finish())
        if traced:
            seen.update(program.stop_traced())
    return seen


def alternating(place, asked, note, recordings, files, size, **words):
    """The median of each figure, by client. The clients take turns, so that a busy minute hits both."""
    both = clients(note)
    seen = {client: [] for client in both}
    for _ in range(asked.runs):
        for client in both:
            seen[client].append(once(client, place, recordings, files, size, **words))
    return [median(seen.get(client)) for client in BOTH]


def median(runs):
    """Of each figure by itself."""
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]} if runs else None


def row(what, figure, ours, theirs, digits=1):
    """A line of the table, from what both did."""
    return Row(what, figure(ours), figure(theirs) if theirs else None, digits)


def large(place, asked, note):
    """One large file without a limit."""
    size = asked.size * MIB
    yield f"One file of {asked.size} MiB over TLS both ways, no limit (median of {asked.runs})"
    ours, theirs = alternating(place, asked, note, 1, 1, size)
    yield row("MiB/s", lambda seen: size / MIB / seen["seconds"], ours, theirs)
    yield row("CPU seconds per GiB", lambda seen: seen["cpu"] * GIB / size, ours, theirs, 2)
    yield row("peak memory, MiB", lambda seen: seen["peak"], ours, theirs)
    yield row("MiB written to disk per GiB", lambda seen: seen["written"] / MIB * GIB / size, ours, theirs, 2)
    yield row("requests to Zoom and Google", lambda seen: seen["calls"], ours, theirs, 0)
    if not machine.path_of("strace"):
        note("no strace: system calls are not counted")
        return
    # Not the timed run, and a part of the size: each call costs much more under strace.
    size = max(size // 4, 16 * MIB)
    ours, theirs = ([*(once(client, place, 1, 1, size, traced=True) for client in clients(note)), None])[:2]
    for what in ("reads", "writes", "calls"):
        text = "system calls" if what == "calls" else f"system calls that are {what}"
        yield row(f"{text}, per GiB", lambda seen, what=what: seen[what] * GIB / size, ours, theirs, 0)


def limited(place, asked, note):
    """On a strict line of the fake."""
    size = asked.size * MIB
    title = f"One file of {asked.size} MiB, strict line both ways, each chunk answered after {ANSWER_MILLIS} ms"
    yield f"{title} (median of {asked.runs})"
    for rate in RATES:
        place.order("line", bytes_per_second=rate * 1_000_000, answer_millis=ANSWER_MILLIS)
        try:
            ours, theirs = alternating(place, asked, note, 1, 1, size)
        finally:
            place.order("line", bytes_per_second=0, answer_millis=0)
        yield from shares(rate, size, ours, theirs)


def shares(rate, size, ours, theirs):
    """How much of a line was used."""
    yield row(f"share of {rate} MB/s, %", lambda seen: size / 1e4 / rate / seen["seconds"], ours, theirs)
    yield row(f"MiB/s at {rate} MB/s", lambda seen: size / MIB / seen["seconds"], ours, theirs)


def link(place, asked, note):
    """Over a link between two network namespaces, whose rate the kernel limits."""
    size = asked.size * MIB
    title = f"One file of {asked.size} MiB over a link with a rate (tbf), each chunk answered after {ANSWER_MILLIS} ms"
    if not place.delays_packets():
        note("this kernel cannot delay packets (no netem): the link has a rate and no delay of its own")
    yield f"{title} (median of {asked.runs})"
    for rate in RATES:
        with place.link(rate) as enter:
            place.order("line", bytes_per_second=0, answer_millis=ANSWER_MILLIS)
            try:
                ours, theirs = alternating(place, asked, note, 1, 1, size, before=enter, far=True)
            finally:
                place.order("line", bytes_per_second=0, answer_millis=0)
        yield from shares(rate, size, ours, theirs)


def four(place, asked, note):
    """Four at once."""
    size = max(asked.size // 4, 1) * MIB
    yield f"Four files of {size // MIB} MiB at once, no limit (median of {asked.runs})"
    ours, theirs = alternating(place, asked, note, 1, 4, size)
    yield row("MiB/s", lambda seen: 4 * size / MIB / seen["seconds"], ours, theirs)
    yield row("peak memory, MiB", lambda seen: seen["peak"], ours, theirs)


def small(place, asked, note):
    """Many small ones."""
    recordings, files, size = (4 if asked.quick else 20), 10, 200 * 1024
    count = recordings * files
    yield f"{count} files of 200 KiB in {recordings} recordings, no limit (median of {asked.runs})"
    ours, theirs = alternating(place, asked, note, recordings, files, size)
    yield row("files per second", lambda seen: count / seen["seconds"], ours, theirs)
    yield row("requests to Zoom and Google per file", lambda seen: seen["calls"] / count, ours, theirs)
    yield row("CPU milliseconds per file", lambda seen: seen["cpu"] * 1000 / count, ours, theirs)
    yield row("peak memory, MiB", lambda seen: seen["peak"], ours, theirs)


def interrupted(place, asked, note):
    """The source ends in the middle, and the program is killed in the middle."""
    size = asked.size * MIB
    yield f"One file of {asked.size} MiB with an interruption at 50 %: bytes read from Zoom, as a part of the file"
    for what, interrupt in (("the source is cut", cut), ("kill -9, then started again", killed)):
        ratios = [interrupt(client, place, size) for client in clients(note)]
        yield Row(what, *ratios, digits=3)


def cut(client, place, size):
    """The connection to the source ends."""
    place.order("cut", bytes=size // 2)
    return once(client, place, 1, 1, size)["sent"] / size


def killed(client, place, size):
    """The program is killed; rclone's command is given again by somebody."""
    uuid = place.record(1, size)
    with client(place) as program:
        program.start()
        if isinstance(program, Rclone):
            program.prepare([uuid])
        place.order("count")
        program.move([uuid])
        place.expect(program, "received", bytes=size // 2)
        program.kill()
        program.start()
        if isinstance(program, Rclone):
            program.move([uuid])
        seen = place.expect(program, "complete", files=1, bytes=size)
        program.finish()
    return seen["sent"] / size


MEASUREMENTS = {
    "large": large,
    "limited": limited,
    "link": link,
    "four": four,
    "small": small,
    "interrupted": interrupted,
}
