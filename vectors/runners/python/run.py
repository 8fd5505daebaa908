#!/usr/bin/env python3
"""Plays the vectors of wsclose to a Python library that does no I/O.

    run.py LIBRARY FILE... [--profile PROFILE] [--expected FILE]

LIBRARY is websockets or wsproto. A FILE is close_frames.json or scenarios.json, as `wsclose vectors` writes them. Prints a
line for each deviation, and a summary. --expected names a file of deviations that are known, one `ID RULE` a line.

Exit codes: 0, no deviations but the expected ones; 1, others; 2, usage; 3, a file cannot be read or is of another schema;
4, an expected deviation did not occur.
"""

import argparse
import importlib.metadata
import json
import pathlib
import sys

from endpoints import LIBRARIES

SCHEMAS = {"wsclose-close-frames": 1, "wsclose-scenarios": 1}
# What this runner can do. It cannot reset TCP, because the libraries leave that to their caller.
ABILITIES = {"permessage-deflate", "opening-octets", "close-api", "send-api", "idle-time"}
# Every other feature that this runner has heard of.
OTHER_FEATURES = {
    "reset", "framing", "masks-frames", "replies-to-close", "parses-close-body", "interprets-reason",
    "sends-close-on-failure", "closes-tcp", "has-timeouts", "reports-close-status", "reports-clean", "exposes-close-api",
    "reports-memory", "reports-messages", "validates-text", "shows-both-directions",
}
FAILS = {"must": "FAIL", "interop": "FAIL", "robust": "FAIL", "should": "warn", "lenient": "warn"}
CLOSE, PING, PONG = 8, 9, 10


class BadFile(Exception):
    """A file that this runner does not read."""


class Malformed(Exception):
    """The library sent octets that are no conforming frame."""


def load(path):
    try:
        file = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        name, _, version = file["schema"].partition("/")
        version = int(version)
    except OSError as error:
        raise BadFile(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadFile(f"{path}: is no vector file; write one with `wsclose vectors --out DIR`") from None
    if name not in SCHEMAS:
        raise BadFile(f"{path}: has the schema {name}; expected {' or '.join(SCHEMAS)}")
    if version != SCHEMAS[name]:
        raise BadFile(f"{path}: has version {version} of the schema, and this runner reads {SCHEMAS[name]}; update the runner")
    for feature in file["features"]:
        if feature["name"] not in ABILITIES | OTHER_FEATURES:
            raise BadFile(f"{path}: needs the feature {feature['name']}, which this runner does not know; update the runner")
    return name, file, {note["rule"]: note for note in file["notes"]}


class Connection:
    """What a library does, step by step."""

    def __init__(self, library, role, deflate):
        self.endpoint, self.role = library(role, deflate), role
        self.pending = b""
        self.steps = []

    def perform(self, step):
        endpoint, octets = self.endpoint, bytes.fromhex(step.get("octets", ""))
        done = []
        if step["do"] in ("receive", "receive-with-opening", "receive-and-end"):
            done = endpoint.receive(octets)
        if step["do"] in ("end", "receive-and-end"):
            done = done + endpoint.eof()
        if step["do"] == "close":
            done = endpoint.close(step["code"], step["reason"])
        if step["do"] == "send":
            done = endpoint.send(step["kind"], bytes.fromhex(step["payload"]))
        if step["do"] == "idle":
            done = endpoint.idle()
        self.steps.append([action for event in done for action in self.frames(event)])

    def frames(self, event):
        """An event, with the octets that were sent as ("frame", opcode, payload)."""
        if event[0] != "sent":
            return [event]
        self.pending += event[1]
        frames = []
        while (frame := self.take_frame()) is not None:
            frames.append(frame)
        return frames

    def take_frame(self):
        data = self.pending
        if len(data) < 2:
            return None
        fin, rsv, opcode = data[0] >> 7, data[0] >> 4 & 7, data[0] & 15
        masked, length, at = data[1] >> 7, data[1] & 127, 2
        if length > 125:
            size = 2 if length == 126 else 8
            length, at = int.from_bytes(data[2:2 + size], "big"), 2 + size
            if length < (126 if size == 2 else 65536):
                raise Malformed("a length that is not in its shortest form")
        if opcode >= CLOSE and (not fin or length > 125):
            raise Malformed("a control frame that is fragmented or over 125 octets")
        if opcode in (3, 4, 5, 6, 7) or opcode > PONG or rsv & 3 or rsv and opcode >= CLOSE:
            raise Malformed("a reserved opcode or bit")
        if masked != (self.role == "client"):
            raise Malformed("a frame with the wrong mask")
        key, at = (data[at:at + 4], at + 4) if masked else (b"\0\0\0\0", at)
        if len(data) < at + length:
            return None
        payload = bytes(octet ^ key[i % 4] for i, octet in enumerate(data[at:at + length]))
        self.pending = data[at + length:]
        if opcode == CLOSE and len(payload) == 1:
            raise Malformed("a Close with a body of one octet")
        return "frame", opcode, payload


def sent_closes(steps):
    return [(at, action[2]) for at, done in enumerate(steps) for action in done if action[:2] == ("frame", CLOSE)]


def code_of(payload):
    return int.from_bytes(payload[:2], "big") if payload else None


def permitted(check, code):
    return code in check["one_of"] if "one_of" in check else code not in check["none_of"]


def holds(check, steps):
    """Whether an expectation is met. docs/vectors.md has a row for each kind."""
    kind, at, by = check["check"], check.get("at", ()), check.get("by", len(steps) - 1)
    closes = sent_closes(steps)
    ends = [i for i, done in enumerate(steps) if ("end",) in done]
    before = [action for done in steps[:by + 1] for action in done]
    inside = [action for i in at for action in steps[i]]
    reports = [action for done in steps for action in done if action[0] == "report"]
    if kind == "no-close":
        return not any(i in at and code_of(payload) in check["none_of"] for i, payload in closes)
    if kind == "refused":
        return ("refused",) in steps[by] or ("error",) in steps[by]
    if kind == "rejects":
        otherwise = [action[0] for done in steps[:check["otherwise_by"] + 1] for action in done]
        return any(i <= by for i, _ in closes) or any(name in otherwise for name in ("end", "report", "error"))
    if kind == "close-code":
        return not closes or permitted(check, code_of(closes[0][1]))
    if kind == "close-reason":
        return not closes or closes[0][1][2:].hex() == check["payload"]
    if kind == "close":
        return any(i <= by for i, _ in closes)
    if kind == "no-second-close":
        return not any(i in at for i, _ in closes[1:])
    if kind == "no-data":
        return not any(action[0] == "frame" and action[1] < CLOSE for action in inside)
    if kind == "pong":
        return ("frame", PONG, bytes.fromhex(check["payload"])) in before
    if kind == "no-pong":
        return not any(action[:2] == ("frame", PONG) for action in inside)
    if kind == "no-end":
        return not ends or ends[0] not in at
    if kind == "end":
        return any(i <= by for i in ends)
    if kind == "message":
        return ("message", check["kind"], bytes.fromhex(check["payload"])) in before
    if kind == "no-message":
        return not any(action[0] == "message" for action in inside)
    if kind == "reported":
        return bool(reports) or ("error",) in before
    if kind == "report-code":
        return not reports or permitted(check, reports[0][1])
    if kind == "report-reason":
        return not reports or reports[0][2] in (None, check["reason"])
    if kind == "report-clean":
        flat = [action for done in steps for action in done]
        closed = reports and any(action[:2] == ("frame", CLOSE) for action in flat[:flat.index(reports[0])])
        return not reports or reports[0][3] in (None, check["clean"]) or check["clean"] and not closed
    raise BadFile(f"the check {kind} is unknown; update the runner")


def play_scenario(library, vector, notes):
    """The deviations of a library, each a rule and what was expected."""
    connection = Connection(library, vector["role"], vector["deflate"])
    for step in vector["steps"]:
        connection.perform(step)
    if connection.pending:
        raise Malformed("a part of a frame")
    steps, found = connection.steps, []
    early = [action for done in steps[:vector["closes_at"]] for action in done]
    is_early = any(action == ("end",) or action[:2] == ("frame", CLOSE) for action in early)
    for check in vector["checks"]:
        note = notes[check["rule"]]
        if is_early and check["check"] != "no-close" or holds(check, steps):
            continue
        if note["feature"] in library.features:
            details = {key: value for key, value in check.items() if key not in ("check", "rule")}
            found.append((check["rule"], f"expected {check['check']} {json.dumps(details)}"))
        # Whatever comes behind follows from this, also if the library leaves it to its caller.
        if note["level"] != "info":
            break
    return found


def play_frame(library, vector, notes):
    connection = Connection(library, vector["role"], False)
    connection.perform({"do": "receive", "octets": vector["octets"]})
    accepted, closes = connection.endpoint.accepted, sent_closes(connection.steps)
    if vector["expected"] == "accept":
        if accepted is None:
            return [(vector["rules"][0], "rejected the Close")]
        rule = "reports-1005" if vector["code"] is None else "reports-first-code"
        found = [] if accepted[0] == vector["code"] else [(rule, f"reported {accepted[0]}")]
        return found + ([] if accepted[1] == vector["reason"] else [("reports-reason", f"reported {accepted[1]!r}")])
    if accepted is not None:
        return [(vector["rules"][0], "accepted the Close")]
    code = code_of(closes[0][1]) if closes else None
    return [("fail-code-fits", f"rejected it with {code}")] if closes and code not in vector["fail_codes"] else []


def play(library, path, profile):
    name, file, notes = load(path)
    played, skipped, deviations = 0, 0, []
    for vector in file["vectors"]:
        is_frame = name == "wsclose-close-frames"
        able = library.features | ABILITIES
        if profile not in vector["profiles"] or not set(vector["features"]) <= able:
            skipped += 1
            continue
        played += 1
        try:
            found = (play_frame if is_frame else play_scenario)(library, vector, notes)
        except Malformed as error:
            found = [("stream-well-formed", f"sent {error}")]
        except BadFile as error:
            raise BadFile(f"{path}: {vector['id']}: {error}") from None
        except Exception as error:
            found = [("no-panic", f"{type(error).__name__}: {error}")]
        for rule, what in found:
            level = notes[rule]["level"] if rule in notes else "must"
            deviations.append((pathlib.Path(path).stem + ":" + vector["id"], rule, level, what))
    print(f"{path}: {played} vectors played, {skipped} skipped")
    return deviations


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name", metavar="library", choices=sorted(LIBRARIES), help=", ".join(sorted(LIBRARIES)))
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--profile", default="iana", choices=["rfc6455", "iana", "beast", "ws-rs"])
    parser.add_argument("--expected", metavar="FILE", help="known deviations, one `ID RULE` a line")
    args = parser.parse_args()
    library = LIBRARIES[args.name]
    try:
        expected = set()
        if args.expected:
            try:
                text = pathlib.Path(args.expected).read_text(encoding="utf-8")
            except OSError as error:
                raise BadFile(f"{args.expected}: cannot be read: {error.strerror}") from None
            expected = {tuple(line.split()[:2]) for line in text.splitlines() if line.strip() and line[0] != "#"}
        deviations = [found for path in args.files for found in play(library, path, args.profile)]
    except BadFile as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 3
    counted = [found for found in deviations if found[2] in FAILS]
    for vector, rule, level, what in counted:
        status = "known" if (vector, rule) in expected else FAILS[level]
        print(f"{status:5} {vector} {rule} ({level}): {what}")
    gone = expected - {found[:2] for found in counted}
    for vector, rule in sorted(gone):
        print(f"gone  {vector} {rule}: did not occur; remove it from {args.expected}")
    new = [found for found in counted if found[:2] not in expected]
    version = importlib.metadata.version(library.package)
    print(f"{library.package} {version}: {len(counted)} deviations, {len(new)} of them new, {len(gone)} gone")
    return 1 if new else 4 if gone else 0


sys.exit(main())
