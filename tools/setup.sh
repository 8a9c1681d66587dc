#!/usr/bin/env bash
# Installs the Debian packages that building, running and testing Martlet need. Does nothing where they are all there.
set -euo pipefail
packages=(
  # to build
  libmicrohttpd-dev libcurl4-openssl-dev libwebsockets-dev libsqlite3-dev libpq-dev libssl-dev libcrypt-dev libyaml-dev
  libvirt-dev libldap-dev zlib1g-dev pkg-config
  # to run guests, networks and disks
  qemu-system-x86 qemu-utils libvirt-daemon libvirt-daemon-system libvirt-daemon-driver-qemu libvirt-clients
  iproute2 nftables dnsmasq-base iputils-arping conntrack genisoimage novnc
  # to make the guest image
  busybox-static dropbear-bin mtools dosfstools e2fsprogs syslinux syslinux-common fdisk cpio zstd kmod
  # to test
  postgresql gpg gpg-agent gpgv python3-venv jq curl openssh-client sqlite3 wrk rsync slapd ldap-utils nginx-light
  swift-proxy swift-account swift-container swift-object python3-keystonemiddleware
  ceph-mon ceph-osd ceph-common librbd-dev librados-dev
)
missing=()
for p in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
done
((${#missing[@]})) || exit 0
if ((EUID)); then sudo=sudo; else sudo=; fi
$sudo apt-get update -q
# What tests start themselves is not to be started by its package; a policy that is there already stays.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\ncase "$1" in swift* | nginx | slapd | ceph* | rbdmap) exit 101 ;; esac\n' | $sudo tee $policy >/dev/null
  $sudo chmod 755 $policy
  trap '$sudo rm -f $policy' EXIT
fi
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -q -y --no-install-recommends "${missing[@]}"
