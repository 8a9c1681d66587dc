#!/usr/bin/env python3
"""Drives the image API with the genuine command `glance` of Grizzly, of Havana and of today, in every API version that
each speaks, and with `openstack image`: every sub-command, as the programs themselves list them, with what the user
sees, and what he is refused.
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
import glance_metadefs  # noqa: E402
import glance_v1  # noqa: E402
import glance_v2  # noqa: E402
import image_commands  # noqa: E402
from acceptance import Check  # noqa: E402
from cloud import FAKES, Cloud, Session  # noqa: E402
from glance_command import Web, glance  # noqa: E402


PARTS = ["grizzly", "havana", "v1", "v2", "metadefs", "openstack", "clear", "manage"]
TODAY = {"v1": (glance_v1.run, "1"), "v2": (glance_v2.of_today, "2"), "metadefs": (glance_metadefs.run, "2")}


def of_2013(cloud, check, release, web):
    """A release of 2013, which speaks v1 unless told to speak v2."""
    demo = glance(check, release, cloud, release, release)
    admin = demo.other(OS_USERNAME="admin", OS_PASSWORD=cloud.password("martlet"), OS_TENANT_NAME="admin")
    glance_v1.run(cloud, demo, admin, web)
    glance_legacy.run(cloud, demo, admin, web)
    second = demo.other(OS_IMAGE_API_VERSION="2")
    second.title, second.ran = release + ", v2", set()
    glance_v2.of_2013(cloud, second, demo)
    demo.program.close()


def of_today(cloud, check, web, part, version):
    """Today's, told to speak one version of the API; `part` drives it as a member and as the administrator."""
    demo = glance(check, "glanceclient", cloud, part.__module__, "today, v" + version, OS_IMAGE_API_VERSION=version)
    admin = demo.other(OS_USERNAME="admin", OS_PASSWORD=cloud.password("martlet"), OS_PROJECT_NAME="admin")
    part(cloud, demo, admin, web)
    return demo


def limit(cloud):
    """Has identity keep limits for the image service, so that `glance usage` has something to say."""
    admin = Session(cloud, "admin", "admin")
    service = [one["id"] for one in admin.call("GET", 5000, "/v3/services")["services"] if one["type"] == "image"][0]
    admin.call("POST", 5000, "/v3/registered_limits", {"registered_limits": [
        {"service_id": service, "resource_name": name, "default_limit": 1000}
        for name in ("image_size_total", "image_stage_total", "image_count_total", "image_count_uploading")]})


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--binary", default=".build/release/martlet")
    options.add_argument("--offset", type=int, default=22700)
    options.add_argument("--clients", default=".build/clients/bin")
    options.add_argument("--only", default="", help="of " + ", ".join(PARTS))
    options = options.parse_args()
    check, start = Check(), time.monotonic()
    web = Web()
    cloud = Cloud(options.binary, offset=options.offset, sets=FAKES + [
        "identity.password_cost=4", "image.enabled_backends=file:file,second:file,web:http",
        "image.show_multiple_locations=true", "image.web_download_allowed_ports=",
        "image.web_download_allowed_networks=127.0.0.0/8", "image.use_keystone_limits=true"])
    wanted = options.only.split(",") if options.only else PARTS
    old = [one for one in ("grizzly", "havana") if one in wanted and os.path.exists(".build/%s/bin/glance" % one)]
    try:
        cloud.start()
        limit(cloud)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            parts = [pool.submit(of_2013, cloud, check, one, web) for one in old]
            today = {one: pool.submit(of_today, cloud, check, web, *TODAY[one]) for one in TODAY if one in wanted}
            if "openstack" in wanted:
                parts.append(pool.submit(image_commands.run, cloud, check, options.clients, web))
            for part in [*parts, *today.values()]:
                part.result()
            if "v1" in today:
                today["v1"].result().all_driven()
            if "v2" in today and "metadefs" in today:
                today["v2"].result().ran.update(today["metadefs"].result().ran)
                today["v2"].result().all_driven()
            for part in today.values():
                part.result().program.close()
        for one in old if "clear" in wanted else ():
            glance_legacy.clear(cloud, check, one)
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
