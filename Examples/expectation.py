"""What should come out of the example: which events have to be in the file of which sink."""

import json
import os
import re
from collections import Counter
from functools import lru_cache

HERE = os.path.dirname(os.path.realpath(__file__))


@lru_cache(maxsize=None)
def matches(pattern, event_type):
    """As a topic exchange does: '*' is one word, '#' any number of them."""

    def match(pattern, words):
        if not pattern:
            return not words
        if pattern[0] == "#":
            return any(match(pattern[1:], words[skipped:]) for skipped in range(len(words) + 1))
        return bool(words) and pattern[0] in ("*", words[0]) and match(pattern[1:], words[1:])

    return match(pattern.split("."), event_type.split("."))


class Failure(Exception):
    pass


class Sink:
    def __init__(self, name, types, path):
        self.name, self.types, self.path = name, types, path

    def wants(self, event_type):
        return any(matches(pattern, event_type) for pattern in self.types)


class Service:
    """What the file of a service says, as far as it decides who receives what."""

    def __init__(self, name, folder):
        self.name = name
        self.path = os.path.join(HERE, f"{name}.yaml")
        with open(self.path, encoding="utf-8") as file:
            text = file.read()

        def listed(items):
            return [item.strip().strip("\"'") for item in items.split(",") if item.strip()]

        self.local = [t for types in re.findall(r"^  local_only: \[(.*?)\]", text, re.M) for t in listed(types)]
        block = re.search(r"^event_routing:.*\n((?: .*\n|\n)*)", text, re.M)
        lines = re.findall(r"^  ([^\s#]\S*): *\[(.*?)\]", block[1], re.M) if block else []
        self.routes = [pattern.strip("\"'") for pattern, services in lines if name in listed(services)]
        self.sinks = [
            Sink(sink, listed(types), os.path.join(folder, os.path.basename(file)))
            for sink, types, file in re.findall(
                r"^    - \{ name: (\S+), types: \[(.*?)\], file: \"?(.*?)\"? \}", text, re.M
            )
        ]
        if not self.sinks:
            raise Failure(f"{self.path}: no sink is written as '- {{ name: …, types: […], file: … }}'")

    def keeps(self, event_type):
        return any(matches(pattern, event_type) for pattern in self.local)

    def receives(self, event_type):
        return any(matches(pattern, event_type) for pattern in self.routes)

    def takers(self, event_type, publisher):
        """The sinks that an event of the publisher has to reach."""
        if publisher.keeps(event_type):
            return [sink for sink in self.sinks if self is publisher and sink.wants(event_type)]
        # Those of a routed service share its queue, which has no other events than the routed ones.
        if self.routes and not self.receives(event_type):
            return []
        return [sink for sink in self.sinks if sink.wants(event_type)]


class Event:
    """What has to be the same at both ends."""

    def __init__(self, line):
        # As texts: no number is too long, and none is rounded.
        members = json.loads(line, parse_int=str, parse_float=str)
        self.type = re.sub(r"\.v[1-9][0-9]*$", "", members["event_type"])
        self.id = members.get("event_id") or None
        data = members["data_base64"] if "data_base64" in members else members.get("data")
        self.data = hash(json.dumps(data, sort_keys=True))

    def key(self, ids):
        """An id that was made on the way tells nothing."""
        return (self.id if self.id in ids else None, self.type, self.data)


def lines_of(path):
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip(b" \t\r\n"):
                yield number, line


class Expectation:
    """Which events have to be in the file of each sink, how many times."""

    def __init__(self, path, bad_lines, services):
        self.sinks = {sink.path: Counter() for service in services for sink in service.sinks}
        self.ids, self.count, self.kept, self.types, self.unclaimed = set(), 0, 0, Counter(), Counter()
        publisher = services[0]
        for number, line in lines_of(path):
            if number in bad_lines:
                continue
            try:
                event = Event(line)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise Failure(f"line {number} was published, and this script cannot read it: {error!r}")
            if event.id:
                self.ids.add(event.id)
            self.count += 1
            self.types[event.type] += 1
            self.kept += publisher.keeps(event.type)
            for service in services:
                for sink in service.takers(event.type, publisher):
                    self.sinks[sink.path][event.key(self.ids)] += 1
        for event_type, count in self.types.items():
            if not publisher.keeps(event_type) and not any(service.receives(event_type) for service in services):
                self.unclaimed[event_type] = count

    def faults(self, sink):
        """What is wrong with a sink's file, a sentence each."""
        expected, found = self.sinks[sink.path], Counter()
        if os.path.exists(sink.path):
            for _, line in lines_of(sink.path):
                found[Event(line).key(self.ids)] += 1
        missing, excess = expected - found, found - expected
        known = Counter({key: count for key, count in excess.items() if key in expected})
        for what, events in (("missing", missing), ("there too often", known), ("not expected", excess - known)):
            if events:
                first = next(iter(events))
                yield f"{sink.path}: {events.total()} {what}, such as {first[1]} {first[0] or ''}".rstrip()
