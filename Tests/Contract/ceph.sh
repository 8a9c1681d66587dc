#!/usr/bin/env bash
# A Ceph of one node for a test: one monitor and one keeper of objects in memory, on loopback ports of its own, in a
# directory of its own, with a pool `images`. Some 90 MB, some seconds.
#
#   ceph.sh DIR     DIR/ready is there once it answers, DIR/ceph.conf leads to it, DIR/pids are its processes
#
# It ends by SIGTERM or when its parent has gone, and takes DIR with it.
set -euo pipefail
mkdir -p "$1"
dir=$(cd "$1" && pwd)
daemons=()
finish() {
  trap - EXIT TERM INT
  # Nothing of it is to last, and in good order it takes five seconds.
  ((${#daemons[@]} == 0)) || kill -KILL "${daemons[@]}" 2>/dev/null || true
  wait || true
  rm -rf "$dir"
}
trap finish EXIT
trap 'exit 0' TERM INT

port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
cluster=$(</proc/sys/kernel/random/uuid)
keeper=$(</proc/sys/kernel/random/uuid)
cat >"$dir/ceph.conf" <<END
[global]
fsid = $cluster
mon host = [v2:127.0.0.1:$port]
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = $dir/keyring
run dir = $dir
admin socket =
pid file =
log file =
osd pool default size = 1
osd pool default min size = 1
osd crush chooseleaf type = 0
[mon]
mon data = $dir/mon
mon allow pool size one = true
mon data avail crit = 1
mon data avail warn = 2
paxos propose interval = 0.05
paxos min wait = 0.01
mon cluster log file =
[osd]
osd data = $dir/osd
osd objectstore = memstore
memstore device bytes = 512Mi
# A keeper that was stopped for longer than its lease on a pool's reads answers nobody until a peer confirms the next
# one, and here is no peer. The lease is a share of this grace.
osd heartbeat grace = 3600
END
export CEPH_CONF=$dir/ceph.conf
exec >>"$dir/log" 2>&1
ceph-authtool "$dir/keyring" --create-keyring --gen-key -n mon. --cap mon 'allow *'
ceph-authtool "$dir/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
ceph-authtool "$dir/keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
monmaptool --create --fsid "$cluster" --addv a "[v2:127.0.0.1:$port]" "$dir/monmap"
mkdir "$dir/mon" "$dir/osd"
ceph-mon --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/keyring"
# They end with us even if we are killed.
setpriv --pdeathsig KILL ceph-mon -f -i a &
daemons+=($!)
ceph osd new "$keeper"
ceph-osd --mkfs -i 0 --osd-uuid "$keeper"
setpriv --pdeathsig KILL ceph-osd -f -i 0 &
daemons+=($!)
ceph osd pool create images 8
rbd pool init images
echo "${daemons[@]}" >"$dir/pids"
touch "$dir/ready"
while kill -0 "$PPID"; do sleep 0.2; done
