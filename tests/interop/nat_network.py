"""A host behind the NAT of Linux itself: masquerading in a network namespace that is the router between two others."""

from __future__ import annotations

import os
import subprocess

import pytest

from .programs import need


class NatNetwork:
    """`here` is this machine's address, `there` the one in `namespace`, `public` the one that the router shows outside.

    Where the NAT has not seen a packet from inside nothing gets in, unless it forwards. Needs root. Subnets differ from
    process to process, so that tests run side by side."""

    def __init__(self, inside: str, *, forwards: bool = False, forgets_seconds: int = 0) -> None:
        """inside: which end is behind the NAT, "here" or "there". forwards: it has the public address for itself, as in
        a cloud: ports stay as they are, and all are let in; else packets leave from other ports than the host's.
        forgets_seconds: after which silence of UDP; 0 = Linux's."""
        need("ip")
        need("iptables")
        if os.geteuid() != 0:
            pytest.skip("network namespaces need root")
        number = os.getpid() % 4096
        private = f"10.{216 + number // 256}.{number % 256}"
        outer = f"198.18.{number // 64}"
        first = number % 64 * 4
        self.public = f"{outer}.{first + 2}"
        self._inner, self._outer = private, f"{outer}.{first}/30"
        host, neighbour = f"{private}.2", f"{outer}.{first + 1}"
        self.here, self.there = (host, neighbour) if inside == "here" else (neighbour, host)
        self._router, self.namespace = f"router{os.getpid()}", f"behind{os.getpid()}"
        self._devices = {"here": f"nath{number}", "there": f"natt{number}"}
        for name in (self._router, self.namespace):
            _ip("netns", "add", name)
        try:
            self._connect(inside)
            self._masquerade(forwards, forgets_seconds)
        except BaseException:
            self.close()
            raise

    def _connect(self, inside: str) -> None:
        """A pair of devices from each end to the router, whose own are called in and out."""
        for end, mine in (("here", self.here), ("there", self.there)):
            near = end == inside
            device, at_router = self._devices[end], "in" if near else "out"
            gateway, size = (f"{self._inner}.1", 24) if near else (self.public, 30)
            _ip("link", "add", device, "type", "veth", "peer", "name", at_router, "netns", self._router)
            space = [] if end == "here" else ["-n", self.namespace]
            if end == "there":
                _ip("link", "set", device, "netns", self.namespace)
                _ip(*space, "link", "set", "lo", "up")
            _ip(*space, "addr", "add", f"{mine}/{size}", "dev", device)
            _ip(*space, "link", "set", device, "up")
            _ip("-n", self._router, "addr", "add", f"{gateway}/{size}", "dev", at_router)
            _ip("-n", self._router, "link", "set", at_router, "up")
            # Outside knows a way to the private addresses too, which the router does not let through.
            _ip(*space, "route", "add", self._outer if near else f"{self._inner}.0/24", "via", gateway)

    def _masquerade(self, forwards: bool, forgets_seconds: int) -> None:
        self._inside("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        for protocol in ("udp", "tcp"):
            ports = [] if forwards else ["--to-ports", "20000-60000", "--random"]
            self._rule("nat", "POSTROUTING", "-o", "out", "-p", protocol, "-j", "MASQUERADE", *ports)
            if forwards:
                self._rule("nat", "PREROUTING", "-i", "out", "-p", protocol, "-j", "DNAT", "--to", f"{self._inner}.2")
        self._inside(need("iptables"), "-P", "FORWARD", "DROP")
        self._rule("filter", "FORWARD", "-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED,DNAT", "-j", "ACCEPT")
        self._rule("filter", "FORWARD", "-i", "in", "-d", self._outer, "-j", "ACCEPT")
        if forgets_seconds:
            for name in ("nf_conntrack_udp_timeout", "nf_conntrack_udp_timeout_stream"):
                self._inside("sh", "-c", f"echo {forgets_seconds} >/proc/sys/net/netfilter/{name}")

    def _rule(self, table: str, chain: str, *words: str) -> None:
        self._inside(need("iptables"), "-t", table, "-A", chain, *words)

    def _inside(self, *words: str) -> None:
        """In the router's namespace."""
        _ip("netns", "exec", self._router, *words)

    def close(self) -> None:
        # The kernel takes a namespace apart later; the next network of this process has devices of the same names.
        for device in ("in", "out"):
            words = [need("ip"), "-n", self._router, "link", "del", device]
            subprocess.run(words, capture_output=True, timeout=20, check=False)
        for name in (self._router, self.namespace):
            _ip("netns", "del", name)

    def report(self) -> str:
        words = [need("ip"), "netns", "exec", self._router, need("iptables"), "-t", "nat", "-nvL"]
        return subprocess.run(words, capture_output=True, text=True, timeout=20, check=False).stdout


def _ip(*words: str) -> None:
    done = subprocess.run([need("ip"), *words], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"
