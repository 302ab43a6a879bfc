"""What a user of netmiko does on emulated devices, for both of its device types of this command line at once: each
fails another link of CE1 and sees it on the PE at the other end.

Usage: netmiko_session.py PE1_PORT PE2_PORT CE1_PORT USERNAME, the password in NETVERDICT_LAB_PASSWORD.
"""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from netmiko import ConnectHandler
from netmiko.exceptions import ConfigInvalidException, NetmikoAuthenticationException

PE1, PE2, CE1 = (int(port) for port in sys.argv[1:4])
LOGIN = {"host": "127.0.0.1", "username": sys.argv[4], "password": os.environ["NETVERDICT_LAB_PASSWORD"]}
# Both have looked at the healthy lab, and may now change it.
LOOKED = Barrier(2, timeout=60)


def same(actual, expected):
    assert actual == expected, f"{actual!r} instead of {expected!r}"


def bfd_states(device):
    """States in the rows of the BFD table."""
    table = device.send_command("display bfd session all")
    rows = [line.split() for line in table.splitlines()]
    return [row[3] for row in rows if len(row) == 6 and row[0].isdigit()]


def become(device, expected):
    """Waits until the states are these: a network needs time to converge."""
    deadline = time.monotonic() + 20
    while bfd_states(device) != expected:
        assert time.monotonic() < deadline, f"{bfd_states(device)!r} instead of {expected!r}"
        time.sleep(0.05)


def work(device_type, pe_name, pe_port, port):
    pe = ConnectHandler(device_type=device_type, port=pe_port, **LOGIN)
    ce = ConnectHandler(device_type=device_type, port=CE1, **LOGIN)

    def configure(line):
        """Types the line and commits it; in between nothing has happened yet."""
        before = bfd_states(pe)
        lines = [f"interface {port}", line]
        if device_type == "huawei_vrpv8":
            ce.send_config_set(lines)
            same(ce.find_prompt(), f"[*CE1-{port}]")
            same(bfd_states(pe), before)
            ce.commit(comment="by netmiko")
        else:
            said = ce.send_config_set([*lines, "commit"])
            assert f"[*CE1-{port}]commit" in said, said
        same(ce.find_prompt(), "<CE1>")

    same(pe.find_prompt(), f"<{pe_name}>")
    same(ce.base_prompt, "CE1")
    whole = pe.send_command("display current-configuration")
    same(whole.splitlines()[-1], "return")
    assert "More" not in whole and " peer 4.4.4.4 connect-interface LoopBack1" in whole, whole
    routes = pe.send_command("display ip routing-table vpn-instance VPNA", expect_string=f"<{pe_name}>")
    assert "1.1.1.1/32" in routes and "Destinations : 7" in routes, routes
    same(bfd_states(pe), ["Up"])
    assert "Time Zone" in pe.send_command_timing("display clock")
    refused = pe.send_command("display nonsense")
    assert "Error: Unrecognized command found at '^' position." in refused, refused

    # Page by page.
    pe.send_command("screen-length 24 temporary")
    page = pe.send_command("display current-configuration", expect_string="More ----", strip_prompt=False)
    same(page.splitlines()[-1].strip(), "---- More ----")
    pe.send_command("q", expect_string=f"<{pe_name}>", normalize=False, cmd_verify=False)
    pe.send_command("screen-length 0 temporary")

    LOOKED.wait()
    configure("shutdown")
    become(pe, ["Down"])
    configure("undo shutdown")
    become(pe, ["Up"])

    try:
        ce.send_config_set(["interface GigabitEthernet0/9/0"], error_pattern="Error:")
        raise AssertionError("a port that is not there was accepted")
    except ConfigInvalidException:
        same(ce.find_prompt(), "[~CE1]")
    ce.send_command("quit", expect_string="<CE1>")
    assert "Save the configuration successfully" in ce.save_config()

    # What is not committed is gone with the session.
    ce.send_config_set([f"interface {port}", "shutdown"], exit_config_mode=False)
    same(ce.find_prompt(), f"[*CE1-{port}]")
    ce.remote_conn.close()
    same(bfd_states(pe), ["Up"])
    pe.disconnect()
    return f"{device_type}: done"


with ThreadPoolExecutor() as pool:
    one = pool.submit(work, "huawei_vrpv8", "PE1", PE1, "GigabitEthernet0/1/0")
    other = pool.submit(work, "huawei", "PE2", PE2, "GigabitEthernet0/2/0")
    print(one.result(), other.result(), sep="\n")
try:
    ConnectHandler(device_type="huawei_vrpv8", port=PE1, **{**LOGIN, "password": "wrong"})
    raise AssertionError("a wrong password was accepted")
except NetmikoAuthenticationException:
    print("wrong password: refused")
