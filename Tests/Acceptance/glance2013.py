#!/usr/bin/env python3
"""Drives the image API with the genuine command `glance` of Grizzly, of Havana and of today, in every API version that
each speaks: every sub-command, as the program itself lists them, with what the user sees, and what he is refused.
"""
import argparse
import concurrent.futures
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
sys.path.insert(0, HERE)
import glance_legacy  # noqa: E402
import glance_manage  # noqa: E402
import glance_v1  # noqa: E402
import glance_v2  # noqa: E402
from acceptance import Check  # noqa: E402
from cloud import FAKES, Cloud, Session  # noqa: E402
from glance_command import Web, glance  # noqa: E402


def of_2013(cloud, check, release, web):
    """A release of 2013, which speaks v1 unless told to speak v2."""
    demo = glance(check, release, cloud, "demo", release)
    admin = demo.other(OS_USERNAME="admin", OS_PASSWORD=cloud.password("martlet"), OS_TENANT_NAME="admin")
    glance_v1.run(cloud, demo, admin, web)
    glance_legacy.run(cloud, demo, admin, web)
    second = glance(check, release, cloud, "demo", release + ", v2", OS_IMAGE_API_VERSION="2")
    glance_v2.of_2013(cloud, second, demo)
    demo.program.close()
    second.program.close()


def of_today(cloud, check, web):
    """Today's, which speaks v2 unless told to speak v1."""
    first = glance(check, "glanceclient", cloud, "demo", "today, v1", OS_IMAGE_API_VERSION="1")
    names = {"OS_USERNAME": "admin", "OS_PASSWORD": cloud.password("martlet"), "OS_PROJECT_NAME": "admin"}
    glance_v1.run(cloud, first, first.other(**names), web)
    first.all_driven()
    second = glance(check, "glanceclient", cloud, "demo", "today")
    glance_v2.of_today(cloud, second, second.other(**names), web)
    first.program.close()
    second.program.close()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--binary", default=".build/release/martlet")
    options.add_argument("--offset", type=int, default=25000)
    options.add_argument("--only", default="", help="grizzly, havana, today, clear or manage, with commas between")
    options = options.parse_args()
    check, start = Check(), time.monotonic()
    web = Web()
    cloud = Cloud(options.binary, offset=options.offset, sets=FAKES + [
        "identity.password_cost=4", "image.enabled_backends=file:file,second:file,web:http",
        "image.show_multiple_locations=true", "image.web_download_allowed_ports=",
        "image.web_download_allowed_networks=127.0.0.0/8"])
    wanted = options.only.split(",") if options.only else ["grizzly", "havana", "today", "clear", "manage"]
    old = [one for one in ("grizzly", "havana") if one in wanted and os.path.exists(".build/%s/bin/glance" % one)]
    try:
        cloud.start()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            parts = [pool.submit(of_2013, cloud, check, one, web) for one in old]
            parts += [pool.submit(of_today, cloud, check, web)] if "today" in wanted else []
            for part in parts:
                part.result()
        for one in old if "clear" in wanted else ():
            glance_legacy.clear(cloud, check, Session(cloud, "admin", "admin"), one)
        if "manage" in wanted:
            glance_manage.run(options.binary, check)
        check.same("the cloud ends on SIGTERM", cloud.stop(), 0)
    finally:
        cloud.stop()
    if check.failed:
        print("state and log are kept in " + cloud.state)
    else:
        cloud.remove()
    print("# %.0f s" % (time.monotonic() - start))
    print("%d passed, %d failed" % (check.passed, check.failed))
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
