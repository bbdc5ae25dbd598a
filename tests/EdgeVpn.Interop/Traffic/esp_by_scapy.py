"""A second implementation of ESP. Reads one JSON request from standard input, writes one JSON answer.

{"sa": {"spi", "encryption", "encryptionKey", "integrity", "integrityKey", "source", "destination", "udp", "esn"},
 "open": [hex of ESP packets from the SPI on],  or  "seal": [{"inner": hex, "sequence": n, "iv": hex}]}
-> {"packets": [{"octets": hex} | {"error": text}]}      open gives inner IP packets, seal gives ESP from the SPI on
"""
import json
import logging
import sys

logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.ipsec import ESP, SecurityAssociation


def outer(sa):
    header = IPv6 if ":" in sa["source"] else IP
    return header(src=sa["source"], dst=sa["destination"])


def association(sa):
    keys = {}
    if sa["integrity"] != "NULL":
        keys = dict(auth_algo=sa["integrity"], auth_key=bytes.fromhex(sa["integrityKey"]))
    if sa["udp"]:
        keys["nat_t_header"] = UDP(sport=4500, dport=4500)
    return SecurityAssociation(
        ESP, spi=sa["spi"], crypt_algo=sa["encryption"], crypt_key=bytes.fromhex(sa["encryptionKey"]),
        tunnel_header=outer(sa), esn_en=sa["esn"] is not None, esn=sa["esn"] or 0, **keys)


def open_one(sa, security, packet):
    head = outer(sa)
    body = ESP(bytes.fromhex(packet))
    carried = head / UDP(sport=4500, dport=4500) / body if sa["udp"] else head / body
    inner = security.decrypt(carried, verify=True)
    return bytes(inner)


def seal_one(security, packet):
    octets = bytes.fromhex(packet["inner"])
    inner = IPv6(octets) if octets[0] >> 4 == 6 else IP(octets)
    sealed = security.encrypt(inner, seq_num=packet["sequence"], iv=bytes.fromhex(packet["iv"]))
    return bytes(sealed[ESP])


def answer(work):
    try:
        return {"octets": work().hex()}
    except Exception as refused:  # scapy raises types of its own and of cryptography; the caller judges the text
        return {"error": f"{type(refused).__name__}: {refused}"}


request = json.load(sys.stdin)
sa = request["sa"]
security = association(sa)
packets = [answer(lambda: open_one(sa, security, each)) for each in request.get("open", [])]
packets += [answer(lambda: seal_one(security, each)) for each in request.get("seal", [])]
json.dump({"packets": packets}, sys.stdout)
