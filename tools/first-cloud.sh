#!/usr/bin/env bash
# Starts a cloud, boots its first real server, shows the server's console, and says how to go on.
# The cloud keeps running when this script has ended; `kill` the process it names, then `martlet wipe`.
set -euo pipefail
cd "$(dirname "$0")/.."
state=${MARTLET_STATE:-$PWD/.build/cloud} binary=$PWD/.build/release/martlet
export OS_CLIENT_CONFIG_FILE=$state/clouds.yaml OS_CLOUD=demo PATH=$PWD/.build/clients/bin:$PATH
mkdir -p "$state"
"$binary" serve --state "$state" >"$state/ready" 2>"$state/log" &
pid=$!
until grep -q '^ready' "$state/ready"; do
  kill -0 $pid 2>/dev/null || { tail -5 "$state/log" >&2; exit 1; }
  sleep 0.1
done
cat "$state/ready"
openstack image create --disk-format qcow2 --container-format bare --file .build/guest.qcow2 guest -f value -c name
openstack network create private -f value -c name
openstack subnet create --network private --subnet-range 10.0.0.0/24 private -f value -c name
openstack router create router -f value -c name
openstack router set --external-gateway public router
openstack router add subnet router private
[ -e "$state/key" ] || ssh-keygen -q -t ed25519 -N '' -f "$state/key"
openstack keypair create --public-key "$state/key.pub" first -f value -c name
openstack security group rule create --protocol tcp --dst-port 22 default -f value -c id
openstack security group rule create --protocol icmp default -f value -c id
openstack server create --image guest --flavor m1.tiny --network private --key-name first --wait first -f value -c status
ip=$(openstack floating ip create public -f value -c floating_ip_address)
openstack server add floating ip first "$ip"
until openstack console log show first | grep -q 'guest ready'; do sleep 2; done
openstack console log show first | tail -20
cat <<END

Your cloud runs as process $pid on $state. Go on with:
  export OS_CLIENT_CONFIG_FILE=$state/clouds.yaml OS_CLOUD=demo PATH=$PWD/.build/clients/bin:\$PATH
  openstack server list
  ssh -i $state/key cirros@$ip
  openstack console url show first
End it with:
  kill $pid; $binary wipe --state $state
END
