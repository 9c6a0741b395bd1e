"""One conversation in every form that a capture can have: forms.py RIG CAPTURE FOLDER.

CAPTURE is a pcap of one connection without losses.  Each form is written to FOLDER and must decode
to the same PDUs, unless it says what else it wants; what is wanted to be said must be said.
In none of them do the peers break a rule, so `check` accuses nobody, whatever is missing.
"""
import gzip, json, re, struct, subprocess, sys

rig, source, folder = sys.argv[1:4]
A, B = (192, 0, 2, 1), (192, 0, 2, 2)
ETHERNET, NULL, PPP, LOOP, RAW, SLL, SLL2 = 1, 0, 9, 108, 101, 113, 276
FIN, SYN, RST, ACK = 1, 2, 4, 16


class Segment:
    def __init__(self, who, seq, ack, flags, data=b"", time=0):
        self.who, self.seq, self.ack, self.flags, self.data, self.time = who, seq, ack, flags, data, time

    def copy(self, **other):
        s = Segment(self.who, self.seq, self.ack, self.flags, self.data, self.time)
        s.__dict__.update(other)
        return s


def read():
    octets, at, first = open(source, "rb").read(), 24, None
    link = struct.unpack_from("<I", octets, 20)[0]
    while at < len(octets):
        sec, usec, n = struct.unpack_from("<III", octets, at)
        ip = octets[at + 16 + (14 if link == ETHERNET else 0):at + 16 + n]
        at += 16 + n
        tcp = ip[(ip[0] & 15) * 4:struct.unpack_from(">H", ip, 2)[0]]
        port, _, seq, ack, offset, flags = struct.unpack_from(">HHIIBB", tcp)
        first = first or port
        yield Segment(int(port != first), seq, ack, flags, tcp[(offset >> 4) * 4:],
                      (sec * 10**6 + usec) * 1000)


def tcp(s, ports):
    a, b = ports if s.who == 0 else ports[::-1]
    return struct.pack(">HHIIBBHHH", a, b, s.seq & 0xffffffff, s.ack & 0xffffffff, 0x50, s.flags,
                       8000, 0, 0) + s.data


def ipv4(body, who, ends, number=1, fragment=0):
    a, b = ends[who], ends[1 - who]
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), number, fragment, 64, 6, 0) + \
        bytes(a) + bytes(b) + body


def ipv6(body, who, following=6):
    ends = bytes.fromhex("20010db8" + "0" * 23 + "1"), bytes.fromhex("20010db8" + "0" * 23 + "2")
    return struct.pack(">IHBB", 6 << 28, len(body), following, 64) + ends[who] + ends[1 - who] + body


def packets(segments, ports=(40000, 102), ends=(A, B)):
    return [(s.time, ipv4(tcp(s, ports), s.who, ends)) for s in segments]


def pcap(frames, link=RAW, order="<", magic=0xa1b2c3d4, snap=262144):
    out = bytearray(struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap, link))
    unit = 1 if magic == 0xa1b23c4d else 1000
    for time, frame in frames:
        out += struct.pack(order + "IIII", time // 10**9, time % 10**9 // unit, len(frame[:snap]),
                           len(frame))
        if magic == 0xa1b2cd34:         # the interface, protocol, kind of packet
            out += struct.pack(order + "IHBB", 2, 0x0800, 0, 0)
        out += frame[:snap]
    return bytes(out)


def option(code, value, order="<"):
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def block(kind, body, order="<"):
    body += b"\0" * (-len(body) % 4)
    n = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + n + body + n


def section(order="<", options=b""):
    return block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1) + options, order)


def interface(link, options=b"", order="<", snap=0):
    return block(1, struct.pack(order + "HHI", link, 0, snap) + options, order)


def packet(number, units, frame, order="<", options=b""):
    return block(6, struct.pack(order + "IIIII", number, units >> 32, units & 0xffffffff, len(frame),
                                len(frame)) + frame + b"\0" * (-len(frame) % 4) + options, order)


def pcapng(frames, order="<"):
    return section(order) + interface(RAW, order=order) + \
        b"".join(packet(0, t // 1000, f, order) for t, f in frames)


segments = list(read())
plain = packets(segments)
forms = []


def form(name, octets, says=(), same=True, status=0, options=(), check=None, told=()):
    """STATUS is that of decode, and of check where CHECK does not say another one."""
    forms.append((name, octets, says, same, status, list(options),
                  status if check is None else check, told))


# ---- links

MACS = bytes(12)
LINKS = {
    "ethernet": (ETHERNET, lambda p: MACS + b"\x08\x00" + p),
    "vlan": (ETHERNET, lambda p: MACS + b"\x81\x00\x00\x07\x08\x00" + p),
    "vlan-802.1ad": (ETHERNET, lambda p: MACS + b"\x88\xa8\x00\x08\x81\x00\x00\x07\x08\x00" + p),
    "vlan-9100": (ETHERNET, lambda p: MACS + b"\x91\x00\x00\x08\x81\x00\x00\x07\x08\x00" + p),
    "vlan-three": (ETHERNET, lambda p: MACS + b"\x88\xa8\0\1\x81\0\0\2\x81\0\0\3\x08\x00" + p),
    "pppoe": (ETHERNET, lambda p: MACS + b"\x88\x64\x11\0\0\1" + struct.pack(">H", len(p) + 2) +
              b"\0\x21" + p),
    "mpls": (ETHERNET, lambda p: MACS + b"\x88\x47\0\x01\0\x40\0\x02\x01\x40" + p),
    "cooked": (SLL, lambda p: b"\0\0\0\1\0\6" + bytes(8) + b"\x08\x00" + p),
    "cooked-vlan": (SLL, lambda p: b"\0\0\0\1\0\6" + bytes(8) + b"\x81\0\0\5\x08\x00" + p),
    "cooked-2": (SLL2, lambda p: b"\x08\x00\0\0\0\0\0\2\0\1\0\6" + bytes(8) + p),
    "null-little": (NULL, lambda p: b"\2\0\0\0" + p),
    "null-big": (NULL, lambda p: b"\0\0\0\2" + p),
    "loop": (LOOP, lambda p: b"\0\0\0\2" + p),
    "loop-12": (12, lambda p: p),       # BSD's raw IP
    "loop-14": (14, lambda p: p),       # OpenBSD's raw IP
    "raw": (RAW, lambda p: p),
    "raw-ipv4": (228, lambda p: p),
    "ppp": (PPP, lambda p: b"\xff\x03\0\x21" + p),
    "ppp-short": (PPP, lambda p: b"\x21" + p),
    "ppp-hdlc": (50, lambda p: b"\xff\x03\0\x21" + p),
    "cisco-hdlc": (104, lambda p: b"\x0f\0\x08\0" + p),
    "ppp-direction": (204, lambda p: b"\1\xff\x03\0\x21" + p),
}
for name, (link, wrap) in LINKS.items():
    frames = [(t, wrap(p)) for t, p in plain]
    form("pcap-" + name, pcap(frames, link))
    form("pcapng-" + name, section() + interface(link) +
         b"".join(packet(0, t // 1000, f) for t, f in frames))

# ---- files

for order, word in (("<", "little"), (">", "big")):
    for magic, kind in ((0xa1b2c3d4, "us"), (0xa1b23c4d, "ns"), (0xa1b2cd34, "modified")):
        form("file-%s-%s" % (kind, word), pcap(plain, RAW, order, magic))
    form("file-pcapng-" + word, pcapng(plain, order))
form("file-gzip-pcap", gzip.compress(pcap(plain)))
form("file-gzip-pcapng", gzip.compress(pcapng(plain)))

# ---- interfaces: another link and unit of time each, one without packets; blocks nobody knows

first = plain[0][0]
mixed = section() + interface(105) + \
    interface(ETHERNET, option(2, b"eth0") + option(9, b"\x09") + option(0, b"")) + \
    interface(SLL, option(2, b"any") + option(9, b"\x9e") + option(0, b"")) + \
    interface(RAW, option(2, b"tun0") + option(9, b"\x03") +
              option(14, struct.pack("<q", first // 10**9)) + option(0, b"")) + \
    block(0x0bad, b"what no reader knows") + block(5, struct.pack("<III", 1, 0, 0))
for i, (t, p) in enumerate(plain):
    mixed += [packet(1, t, LINKS["ethernet"][1](p)),
              packet(2, (t << 30) // 10**9, LINKS["cooked"][1](p)),
              packet(3, t // 10**6 - first // 10**9 * 1000, p)][i % 3]
form("interfaces", mixed, says=[r"eth0", r"tun0"], options=["-v"], same=False)
form("interfaces-same", mixed)
names = block(4, struct.pack("<HH", 1, 4 + 10) + bytes(A) + b"mta.north\0" + b"\0\0" +
              struct.pack("<HH", 1, 4 + 14) + b"\xc0\0\2\x63mta.elsewhere\0" + b"\0\0" +
              struct.pack("<HH", 0, 0))
form("names", section("<", option(1, b"why")) + interface(RAW, option(3, b"Ethernet 2")) +
     names + b"".join(packet(0, t // 1000, p) for t, p in plain),
     says=[r"mta\.north"], options=["-v"], same=False)

# ---- IP

v6 = [(s.time, ipv6(tcp(s, (40000, 102)), s.who)) for s in segments]
form("ipv6", pcap(v6))
form("ipv6-229", pcap(v6, 229))
form("ipv6-loop", pcap([(t, b"\x1e\0\0\0" + p) for t, p in v6], NULL))
form("ipv6-loop-big", pcap([(t, b"\0\0\0\x1e" + p) for t, p in v6], NULL))
form("ipv6-ppp", pcap([(t, b"\xff\x03\0\x57" + p) for t, p in v6], PPP))
extensions = b"\x2b\0\1\4\0\0\0\0" + b"\x33\0" + bytes(6) + b"\x3c\4" + bytes(22) + b"\6\0\1\4\0\0\0\0"
form("ipv6-extensions", pcap([(s.time, ipv6(extensions + tcp(s, (40000, 102)), s.who, 0))
                              for s in segments]))


def fragments4(order, overlap=0):
    out = []
    for i, s in enumerate(segments):
        body = tcp(s, (40000, 102))
        cut = len(body) // 16 * 8
        parts = [(0, body[:cut + overlap], 0x2000), (cut, body[cut:], 0)]
        for at, part, more in (parts if order > 0 else parts[::-1]):
            out.append((s.time, ipv4(part, s.who, (A, B), i + 1, more | at // 8)))
    return out


def fragments6():
    out = []
    for i, s in enumerate(segments):
        body = tcp(s, (40000, 102))
        cut = len(body) // 16 * 8
        for at, part, more in ((cut, body[cut:], 0), (0, body[:cut], 1)):
            out.append((s.time, ipv6(struct.pack(">BBHI", 6, 0, at | more, i) + part, s.who, 44)))
    return out


form("fragments", pcap(fragments4(1)))
form("fragments-last-first", pcap(fragments4(-1)))
form("fragments-overlap", pcap(fragments4(1, 8)), same=False)
form("fragments-ipv6", pcap(fragments6()))

# ---- TCP

data = [i for i, s in enumerate(segments) if s.data]
twice = [s for s in segments for _ in range(2)]
form("tcp-twice", pcap(packets(twice)))
k = data[4]
halves = [segments[k].copy(data=segments[k].data[:9]),
          segments[k].copy(seq=segments[k].seq + 9, data=segments[k].data[9:])]
form("tcp-reordered", pcap(packets(segments[:k] + halves[::-1] + segments[k + 1:])))
form("tcp-overlap", pcap(packets(segments[:k + 1] + [segments[k].copy(data=segments[k].data[:20])] +
                                 segments[k + 1:])))
form("tcp-overlap-other", pcap(packets(segments[:k] + [halves[0]] +
     [segments[k].copy(data=b"\xff" * 9 + segments[k].data[9:])] + segments[k + 1:])),
     says=[r"differ|other octets"], same=False)
form("tcp-keep-alive", pcap(packets(segments[:k] +
     [segments[k].copy(seq=segments[k].seq - 1, data=b"\0")] + segments[k:])))
fin = next(i for i, s in enumerate(segments) if s.flags & FIN)
form("tcp-both-close", pcap(packets(segments[:fin] + [segments[fin],
     *[s.copy(ack=segments[fin].seq) for s in segments[fin + 1:] if s.flags & FIN]])))
form("tcp-ends-nat", pcap([(s.time, ipv4(tcp(s, (40000, 102)), s.who,
     ((A, B), ((198, 51, 100, 1), (198, 51, 100, 2)))[s.who])) for s in segments]),
     says=[r"directions paired"], same=False)
form("tcp-port", pcap(packets(segments, (40000, 33333))))
for name, who, arrow in (("tcp-one-side", 0, "<-"), ("tcp-other-side", 1, "->")):
    form(name, pcap(packets([s for s in segments if s.who == who])), same=False, status=3,
         check=3, says=[arrow + r".* gap: this direction was not captured"], told=[arrow + r"  info +one-direction: this direction was not captured", r" 0 supporting",
               r"octets are missing: 1 connections"])
form("tcp-one-side-first", pcap(packets([s for i, s in enumerate(segments)
     if s.who == 0 or i > data[4]])), same=False, status=3, check=3,
     says=[r"<- .* gap: this direction was captured without its beginning"], told=[r" 0 supporting",
     r"<-  info +one-direction: this direction was not captured before"])
form("tcp-no-syn", pcap(packets(segments[1:])))
form("tcp-no-syn-ack", pcap(packets(segments[:1] + segments[2:])))
form("tcp-no-syn-no-ack", pcap(packets(segments[1:2] + segments[3:])))
form("tcp-middle", pcap(packets(segments[data[2]:])), same=False, says=[r"MESSAGE|AS"])
form("tcp-gap", pcap(packets(segments[:k] + segments[k + 1:])), same=False, status=3,
     says=[r"gap: %d octets missing" % len(segments[k].data), r"frame \d+"])
form("tcp-reset-data", pcap(packets(segments[:-4] + [segments[-5].copy(flags=RST | ACK,
     data=b"gone")])), same=False, says=[r"RST"])
shifted = [s.copy(seq=s.seq + 10**6, ack=s.ack + 10**6, time=s.time + 10**10) for s in segments]
form("tcp-reused", pcap(packets(segments + shifted)), same=False, says=[r"connection 2"], check=3,
     told=[r"supporting  duplicate"])
form("tcp-cut", pcap(plain, RAW, snap=100), same=False, status=3,
     says=[r"captured without its end \(frame \d+\)"])

# ---- damage: what is behind it is read

whole = [packet(0, t // 1000, f) for t, f in plain]
k = data[6]
head = section() + interface(RAW)
bad = bytearray(whole[k]); bad[4] ^= 0x40
form("damage-length", head + b"".join(whole[:k]) + bytes(bad) + b"".join(whole[k + 1:]), same=False,
     status=3, says=[r"RLRE|FIN|DN", r"octet \d+"])
bad = bytearray(whole[k]); bad[-4] ^= 0x40
form("damage-length-again", head + b"".join(whole[:k]) + bytes(bad) + b"".join(whole[k + 1:]),
     same=False, status=3, says=[r"octet \d+"])
bad = bytearray(whole[k]); bad[8] = 9
form("damage-interface", head + b"".join(whole[:k]) + bytes(bad) + b"".join(whole[k + 1:]),
     same=False, status=3, says=[r"octet \d+"])
form("damage-hole", head + b"".join(whole[:k]) + whole[k][:30] + b"".join(whole[k + 1:]), same=False,
     status=3, says=[r"octet \d+"], told=[r"octet \d+", r": not seen to end, checkpoints", r" 0 supporting"])
form("damage-end", head + b"".join(whole)[:-5], same=False, status=3, says=[r"octet \d+"])
p = pcap(plain[:k])
q = pcap(plain)
bad = bytearray(q); struct.pack_into("<I", bad, len(p) + 8, 0x7fffffff)
behind = [r"octet %d of the file.*read on at octet \d+" % len(p), r"RLRE"]
form("damage-pcap", bytes(bad), same=False, status=3, says=behind)
form("damage-pcap-gzip", gzip.compress(bytes(bad)), same=False, status=3, says=behind)
bad = bytearray(q); struct.pack_into("<I", bad, len(p) + 8, 100000)
form("damage-pcap-long", bytes(bad), same=False, status=3, says=behind)
r, big = pcap(plain[:k], order=">", magic=0xa1b2cd34), pcap(plain, order=">", magic=0xa1b2cd34)
bad = bytearray(big); struct.pack_into(">I", bad, len(r) + 8, 0x7fffffff)
form("damage-pcap-modified", bytes(bad), same=False, status=3, says=[r"RLRE", r"octet %d " % len(r)])
form("damage-pcap-end", q[:-5], same=False, status=3, says=[r"nothing behind it is read", r"RLRE"])
form("damage-pcap-hole", p + q[len(p):][:11] + q[len(pcap(plain[:k + 1])):], same=False, status=3,
     says=behind)


def texts(path, options=()):
    done = subprocess.run([rig, "decode", "--json"] + list(options) + [path], capture_output=True)
    out = []
    for line in done.stdout.decode().splitlines():
        o = json.loads(line)
        if o["layer"] != "tcp":
            out.append((o["direction"], o["layer"], o["text"]))
    return out, done


want = texts(source)[0]
assert len(want) > 20
for name, octets, says, same, status, options, check, told in forms:
    path = folder + "/" + name
    open(path, "wb").write(octets)
    wrong = None
    got, done = texts(path)
    if same and got != want:
        wrong = "%d PDUs, not %d: %s" % (len(got), len(want), done.stderr.decode()[:200].strip())
    elif done.returncode != status:
        wrong = "status %d, not %d: %s" % (done.returncode, status, done.stderr.decode()[:200])
    elif says:
        done = subprocess.run([rig, "decode"] + options + [path], capture_output=True)
        said = (done.stdout + done.stderr).decode(errors="replace")
        for s in says:
            if not re.search(s, said):
                wrong = "nothing says \"%s\": %s" % (s, done.stderr.decode()[:200].strip())
    print("not ok form-%s: %s" % (name, wrong) if wrong else "ok form-" + name)
    done = subprocess.run([rig, "check", path], capture_output=True)
    said = (done.stdout + done.stderr).decode(errors="replace")
    unsaid = [t for t in list(told) + [r" 0 fatal"] if not re.search(t, said)]
    wrong = ("status %d, not %d" % (done.returncode, check) if done.returncode != check
             else "nothing says \"%s\"" % unsaid[0] if unsaid else None)
    print("not ok form-check-%s: %s" % (name, wrong) if wrong else "ok form-check-" + name)

# ---- cut out: what the capture says of itself goes along

for name in ("names", "interfaces", "fragments-last-first", "tcp-ends-nat"):
    path, cut = folder + "/" + name, folder + "/cut.pcapng"
    subprocess.run([rig, "decode", "--export", cut, "--filter", "association=1", path],
                   capture_output=True)
    one, other = (subprocess.run([rig, "decode", "-v", p], capture_output=True).stdout.decode()
                  for p in (path, cut))
    differs = [a for a, b in zip(one.splitlines() + [""], other.splitlines() + [""]) if a != b]
    print("not ok form-export-%s: not in it: \"%s\"" % (name, differs[0]) if differs or not other
          else "ok form-export-" + name)
cut = open(folder + "/names", "rb").read()
for text in (b"mta.north\0", b"why", b"Ethernet 2"):
    assert text in cut
subprocess.run([rig, "decode", "--export", folder + "/cut.pcapng", folder + "/names"],
               capture_output=True)
cut = open(folder + "/cut.pcapng", "rb").read()
lost = [t for t in (b"mta.north\0", b"why", b"Ethernet 2") if t not in cut]
kept = b"mta.elsewhere" in cut
print("not ok form-export-said: %s" % (lost or "names of others") if lost or kept
      else "ok form-export-said")

# ---- begun late: from each octet of a conversation, of both directions or of one, with or without
# its SYN.  A file holds a connection for each octet.

BOTH = (0, 1)


def cut(only, at, syn):
    """Without the first AT octets that those in ONLY say."""
    out, left = [], at
    for s in segments:
        gone = min(left, len(s.data)) if s.who in only else 0
        lost = s.who in only and left > 0 and gone == len(s.data)
        left -= gone
        if s.flags & SYN:
            lost = s.who in only and not syn
        elif only == BOTH and left > 0:
            lost = not syn or s.time > segments[2].time     # what comes with the SYNs stays
        if not lost:
            out.append(s.copy(seq=s.seq + gone, data=s.data[gone:]))
    return out


def lines(verb, path, options=()):
    done = subprocess.run([rig, verb, "--json"] + list(options) + [path], capture_output=True)
    return [json.loads(line) for line in done.stdout.decode().splitlines()], done


spoken = [[s for s in segments if s.who == who and s.data] for who in BOTH]
said = [sum(len(s.data) for s in part) for part in spoken]
turns = [(s.who, len(s.data)) for s in segments if s.data]
whole_lines = [o for o in lines("decode", source, ["-v"])[0] if o["layer"] != "tcp"]
starts = [[o["offset"] for o in whole_lines if o["layer"] == "tpkt" and o["direction"] == arrow] + [n]
          for arrow, n in zip(("->", "<-"), said)]
message = max(s for s in starts[0] if s <= next(o["offset"] for o in whole_lines if o["pdu"] == "MESSAGE"))


def losses(only, at):
    """How many of the AT octets each direction has lost."""
    if only != BOTH:
        return [at if who in only else 0 for who in BOTH]
    lost = [0, 0]
    for who, n in turns:
        part = min(at, n)
        lost[who] += part
        at -= part
    return lost


def places_of(only):
    """Octets, up to where the last frame begins; in the midst of long ones not all."""
    last = sum(said[who] for who in only) - (said[0] - starts[0][-2] if only == BOTH else
                                             said[only[0]] - starts[only[0]][-2])
    near = {0}
    for who, n in turns:
        if who in only:
            near.add(max(near) + n)
    return [at for at in range(1, last + 1)
            if at % 8 == 0 or min(abs(at - edge) for edge in near) < 24]


def judge_cut(only, at, syn, got):
    """GOT: lines about the connection.  None: nothing is wrong."""
    for who, arrow in zip(BOTH, ("->", "<-")):
        lost = losses(only, at)[who]
        behind = min(s for s in starts[who] if s >= lost)
        want = [o["pdu"] for o in whole_lines if o["direction"] == arrow and o["offset"] >= behind and
                o["layer"] in ("tpkt", "cotp", "session")]
        have = [o["pdu"] for o in got if o["direction"] == arrow and
                o["layer"] in ("tpkt", "cotp", "session") and o["pdu"] != "no-TPKT"]
        if have != want:
            return "%s has %s, not %s" % (arrow, " ".join(have), " ".join(want))
        passed = sum(o["length"] for o in got if o["direction"] == arrow and
                     o["pdu"] == "no-TPKT")
        if passed != behind - lost:
            return "%s: %d octets passed over, not %d" % (arrow, passed, behind - lost)
    told = [o["text"] for o in got if o["layer"] == "tcp"]
    if not any("gap:" in t or "began before" in t for t in told):
        return "nothing says what is missing"
    return None


for name, only in (("both", BOTH), ("initiator", (0,)), ("responder", (1,))):
    for syn in (False, True):
        path, wrong, frames = folder + "/late", [], []
        places = places_of(only)
        for i, at in enumerate(places):
            frames += packets([s.copy(time=s.time + i * 10**11) for s in cut(only, at, syn)],
                              (20000 + i, 102))
        open(path, "wb").write(pcap(frames))
        per = {}
        for o in lines("decode", path, ["-v"])[0]:
            per.setdefault(int((o["from"] if o["direction"] == "->" else o["to"]).split(":")[-1]) - 20000,
                           []).append(o)
        for i, at in enumerate(places):
            why = judge_cut(only, at, syn, per.get(i, []))
            if why:
                wrong.append("from octet %d: %s" % (at, why))
        form_name = "late-%s-%s" % (name, "syn" if syn else "no-syn")
        print("not ok form-%s: %d of %d; %s" % (form_name, len(wrong), len(places), wrong[0]) if wrong
              else "ok form-" + form_name)
        told, done = lines("check", path)
        accused = [o for o in told if o["type"] == "remark" and o["weight"] in ("fatal", "supporting")
                   and o["name"] != "duplicate"]
        begun = [a for o in told if o["type"] == "message" for a in o["attempts"]]
        found = sum(1 for at in places if losses(only, at)[0] <= message)
        why = ("accuses: %s" % accused[0] if accused else
               "%d transfers, not %d" % (len(begun), found) if len(begun) != found else None)
        print("not ok form-check-%s: %s" % (form_name, why) if why else "ok form-check-" + form_name)
