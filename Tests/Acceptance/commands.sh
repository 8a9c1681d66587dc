#!/usr/bin/env bash
# What people type. Each line `ok ...` is a check; the first thing that goes wrong ends it.
set -euo pipefail
ok() { echo "ok openstack: $*"; }
val() { openstack "$@" -f value; }
openstack token issue -f value -c id >/dev/null
ok "token issue"
[[ $(val catalog list -c Type) == *compute* ]]
ok "catalog list"
head -c 100000 /dev/urandom >root.img
openstack image create --disk-format raw --container-format bare --file root.img cmd-image >/dev/null
openstack image save --file back.img cmd-image
cmp root.img back.img
ok "image create, image save: the same bytes"
openstack network create cmd-net >/dev/null
openstack subnet create --network cmd-net --subnet-range 10.79.0.0/24 cmd-sub >/dev/null
openstack router create cmd-rtr >/dev/null
openstack router set --external-gateway public cmd-rtr
openstack router add subnet cmd-rtr cmd-sub
ok "network, subnet and router"
ssh-keygen -q -t ed25519 -N '' -f key
openstack keypair create --public-key key.pub cmd-key >/dev/null
ok "keypair create"
printf '#!/bin/sh\n' >user-data
openstack server create --image cmd-image --flavor m1.tiny --network cmd-net --key-name cmd-key --user-data user-data \
  --wait cmd-srv >/dev/null
[[ $(val server show cmd-srv -c status) == ACTIVE ]]
ok "server create --wait"
fip=$(val floating ip create public -c floating_ip_address)
openstack server add floating ip cmd-srv "$fip"
[[ $(val server list -c Networks) == *"$fip"* ]]
ok "floating ip create, server add floating ip, server list"
[[ $(openstack console log show cmd-srv) == *cmd-srv* ]]
ok "console log show"
curl -fsS -o page "$(val console url show --novnc cmd-srv -c url)"
ok "console url show: the page answers"
openstack volume create --size 1 cmd-vol >/dev/null
until [[ $(val volume show cmd-vol -c status) == available ]]; do sleep 0.2; done
openstack server add volume cmd-srv cmd-vol >/dev/null
until [[ $(val volume show cmd-vol -c status) == in-use ]]; do sleep 0.2; done
openstack server remove volume cmd-srv cmd-vol
until [[ $(val volume show cmd-vol -c status) == available ]]; do sleep 0.2; done
ok "server add volume, server remove volume"
openstack server image create --wait --name cmd-snap cmd-srv >/dev/null
[[ $(val image show cmd-snap -c status) == active ]]
ok "server image create --wait"
if openstack server create --image cmd-image --flavor m1.xlarge --min 50 --max 50 --network cmd-net cmd-big 2>error; then
  exit 1
fi
grep -qi quota error
ok "server create beyond the quota: the error names it"
openstack server delete --wait cmd-srv
openstack floating ip delete "$fip"
openstack volume delete cmd-vol
openstack router remove subnet cmd-rtr cmd-sub
openstack router delete cmd-rtr
openstack network delete cmd-net
openstack keypair delete cmd-key
openstack image delete cmd-image cmd-snap
[[ -z $(val server list; val port list; val floating ip list; val image list) ]]
ok "everything is deleted, and nothing is left"
