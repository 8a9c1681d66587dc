#!/bin/sh
# Builds .build/guest.qcow2: a cloud image of about 20 MB made of Debian packages only, which boots to a login in
# seconds even without hardware virtualisation. It needs no loop device and no mount; root (or fakeroot) only so that
# files belong to root. Usage: tools/guest-image.sh [TARGET.qcow2]
#
# In the guest: Debian's cloud kernel, busybox, dropbear, sudo. It takes its address by DHCP and its name, keys and
# user data from a config drive, else from the metadata service. Users: `cirros` (key; password gocubsgo on the
# console; may sudo), `root` (key). Scripts (#!) in user data run once for each instance, their output on the console.
# Packages: busybox-static dropbear-bin e2fsprogs fdisk mtools dosfstools syslinux syslinux-common cpio zstd kmod
#           qemu-utils libpam-modules
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
target=${1:-$here/.build/guest.qcow2}
mkdir -p "$(dirname "$target")"
target=$(cd "$(dirname "$target")" && pwd)/$(basename "$target")
PATH=$PATH:/usr/sbin:/sbin
for tool in busybox dropbear mke2fs resize2fs sfdisk mcopy mkfs.vfat syslinux cpio zstd depmod qemu-img; do
  command -v $tool >/dev/null || { echo "guest-image: '$tool' is missing; see the packages in $0" >&2; exit 1; }
done
work=$(mktemp -d "${TMPDIR:-/tmp}/mlt-guest-image-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

# --- packages that are unpacked and never installed
cache=$(dirname "$target")/guest-packages
mkdir -p "$cache"
kernel_package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/{print $2; exit}')
for package in "$kernel_package" sudo; do
  ls "$cache/${package}_"*.deb >/dev/null 2>&1 || (cd "$cache" && apt-get download -q "$package" >/dev/null 2>&1)
  dpkg -x "$cache/${package}_"*.deb packages
done
version=$(ls packages/lib/modules)
depmod -b packages "$version"

# copies a program to its place below a root, with the libraries it is linked to
add() { # ROOT SOURCE PLACE
  mkdir -p "$1/$(dirname "$3")"
  cp -pL "$2" "$1/$3"
  LD_LIBRARY_PATH=packages/usr/libexec/sudo ldd "$2" 2>/dev/null | grep -o '/[^ ]*\|=> packages[^ ]*' |
    sed 's/^=> //' | while read -r library; do
    place=${library#packages}
    mkdir -p "$1/$(dirname "$place")"
    [ -e "$1/$place" ] || cp -L "$library" "$1/$place"
  done
}
# copies kernel modules with those they depend on
modules() { # ROOT NAME...
  to=$1; shift
  for name in "$@"; do
    modprobe -d "$work/packages" -S "$version" --show-depends "$name" 2>/dev/null | awk '/^insmod/{print $2}'
  done | sort -u | while read -r file; do
    place=${file#"$work"/packages/}
    mkdir -p "$to/$(dirname "$place")"
    cp "$file" "$to/$place"
  done
  cp packages/lib/modules/"$version"/modules.builtin* packages/lib/modules/"$version"/modules.order \
    "$to/lib/modules/$version/"
  depmod -b "$to" "$version"
}

# --- the root file system
root=$work/root
for folder in bin sbin dev/pts etc/dropbear etc/acpi/PWRF etc/pam.d home/cirros mnt proc root run sys tmp \
  usr/bin usr/sbin usr/share/udhcpc var/lib/cloud var/log; do mkdir -p "$root/$folder"; done
chmod 1777 "$root/tmp"; chmod 700 "$root/root"
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in $(busybox --list); do [ "$applet" = busybox ] || ln -sf /bin/busybox "$root/bin/$applet"; done
for applet in init mdev modprobe reboot poweroff halt; do ln -sf /bin/busybox "$root/sbin/$applet"; done
add "$root" "$(command -v dropbear)" usr/sbin/dropbear
add "$root" "$(command -v dropbearkey)" usr/bin/dropbearkey
add "$root" "$(command -v resize2fs)" sbin/resize2fs
modules "$root" virtio_pci virtio_blk virtio_net virtio_console virtio_balloon virtio-rng virtio_scsi sd_mod sr_mod \
  ata_piix isofs vfat nls_ascii nls_cp437 nls_iso8859-1 nls_utf8 button evdev crc32c_generic crc32c-intel

# sudo, with a PAM stack that lets everyone pass: /etc/sudoers alone decides
add "$root" packages/usr/bin/sudo usr/bin/sudo
mkdir -p "$root/usr/libexec"
cp -a packages/usr/libexec/sudo "$root/usr/libexec/"
for plugin in "$root"/usr/libexec/sudo/*.so*; do add "$root" "$plugin" "${plugin#"$root"/}.tmp"; rm -f "$plugin.tmp"; done
permit=$(find /usr/lib -name pam_permit.so | head -1)
add "$root" "$permit" "${permit#/usr/}"
for kind in auth account session password; do echo "$kind required pam_permit.so"; done | tee "$root/etc/pam.d/other" \
  >"$root/etc/pam.d/sudo"
cat >"$root/etc/sudoers" <<'X'
Defaults secure_path="/usr/sbin:/usr/bin:/sbin:/bin", !fqdn, !lecture
root ALL=(ALL) NOPASSWD: ALL
cirros ALL=(ALL) NOPASSWD: ALL
X
chmod 440 "$root/etc/sudoers"
chmod 4755 "$root/usr/bin/sudo"
printf 'Path disable_coredump false\n' >"$root/etc/sudo.conf"

cat >"$root/etc/passwd" <<'X'
root:x:0:0:root:/root:/bin/sh
cirros:x:1000:1000:cloud user:/home/cirros:/bin/sh
X
printf 'root:x:0:\ntty:x:5:\ncirros:x:1000:\n' >"$root/etc/group"
printf 'passwd: files\ngroup: files\nshadow: files\nsudoers: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
printf 'root:!:19000:0:99999:7:::\ncirros:%s:19000:0:99999:7:::\n' \
  "$(busybox mkpasswd -m sha512 gocubsgo saltsalt)" >"$root/etc/shadow"
chmod 600 "$root/etc/shadow"
chown -R 1000:1000 "$root/home/cirros"
echo /bin/sh >"$root/etc/shells"
echo guest >"$root/etc/hostname"
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
printf '#!/bin/sh\npoweroff\n' >"$root/etc/acpi/PWRF/00000080"
chmod +x "$root/etc/acpi/PWRF/00000080"
cat >"$root/etc/inittab" <<'X'
::sysinit:/etc/rc.sysinit
ttyS0::respawn:/bin/getty -L 115200 ttyS0 vt100
tty1::respawn:/bin/getty 38400 tty1
::ctrlaltdel:/bin/reboot
::shutdown:/bin/umount -a -r
X
cat >"$root/etc/rc.sysinit" <<'X'
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -o remount,rw /
mkdir -p /dev/pts
mount -t devpts pts /dev/pts
mount -t tmpfs run /run
for m in virtio_console virtio_balloon virtio-rng ata_piix sr_mod isofs vfat button evdev; do modprobe -q $m; done
acpid -l /dev/null 2>/dev/null
ip link set lo up
for device in /sys/class/net/e*; do
  n=$(basename $device)
  ip link set $n up
  udhcpc -i $n -b -O mtu -O staticroutes -t 6 -T 2 -A 1 -s /usr/share/udhcpc/default.script
done
/etc/rc.cloud </dev/null >/dev/console 2>&1
[ -s /etc/dropbear/dropbear_ed25519_host_key ] ||
  dropbearkey -t ed25519 -f /etc/dropbear/dropbear_ed25519_host_key >/dev/null 2>&1
sync
dropbear -R
echo "=== guest ready after $(cut -d' ' -f1 /proc/uptime) s"
X
cat >"$root/etc/rc.cloud" <<'X'
#!/bin/sh
# Who am I: from the config drive, else from the metadata service.
data=/run/metadata
mkdir -p $data
source=none
for try in 1 2 3 4 5; do
  drive=$(findfs LABEL=config-2 2>/dev/null) && break
  ls /sys/block | grep -q '^sr' || break
  sleep 0.3
done
if [ -n "$drive" ] && mount -o ro "$drive" /mnt 2>/dev/null; then
  cp -r /mnt/openstack/latest/* $data/ && source="config drive"
  umount /mnt
elif ls /sys/class/net/e* >/dev/null 2>&1; then
  # A late DHCP server is still asked in the background.
  for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do ip route | grep -q . && break; sleep 1; done
  url=http://169.254.169.254/openstack/latest
  for try in 1 2 3 4 5 6 7 8 9 10; do
    timeout 5 wget -q -O $data/meta_data.json $url/meta_data.json && source="metadata service" && break
    sleep 1
  done
  [ "$source" = none ] || timeout 10 wget -q -O $data/user_data $url/user_data
fi
echo "== data source: $source"
[ "$source" = none ] && exit 0
value() { sed -n 's/.*"'$1'": *"\([^"]*\)".*/\1/p' $data/meta_data.json | head -1; }
name=$(value hostname | cut -d. -f1)
if [ -n "$name" ]; then
  hostname "$name"
  echo "$name" >/etc/hostname
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >/etc/hosts
  echo "== hostname: $name"
fi
tr '{},' '\n\n\n' <$data/meta_data.json | sed -n 's/.*"\(\(ssh\|ecdsa\)-[^"]*\)".*/\1/p' |
  sed 's/\\n.*//; s/\\\//\//g' | sort -u >$data/keys
for home in /root /home/cirros; do
  mkdir -p $home/.ssh
  cp $data/keys $home/.ssh/authorized_keys
  chmod 700 $home/.ssh
  chmod 600 $home/.ssh/authorized_keys
done
chown -R 1000:1000 /home/cirros
# Once for each instance: an image made of this disk must not begin with this instance's host key.
[ "$(cat /var/lib/cloud/instance 2>/dev/null)" = "$(value uuid)" ] && exit 0
rm -f /etc/dropbear/dropbear_*_host_key
value uuid >/var/lib/cloud/instance
sync
if head -c2 $data/user_data 2>/dev/null | grep -q '#!'; then
  chmod +x $data/user_data
  $data/user_data
fi
X
cat >"$root/usr/share/udhcpc/default.script" <<'X'
#!/bin/sh
case "$1" in
bound | renew)
  ip addr flush dev $interface
  ip addr add $ip/${mask:-24} dev $interface
  [ -n "$mtu" ] && ip link set $interface mtu $mtu
  for r in $router; do ip route add default via $r dev $interface; break; done
  if [ -n "$staticroutes" ]; then
    set -- $staticroutes
    while [ -n "$1" ]; do
      if [ "$2" = 0.0.0.0 ]; then ip route add $1 dev $interface 2>/dev/null
      else ip route add $1 via $2 dev $interface 2>/dev/null; fi
      shift 2
    done
  fi
  : >/etc/resolv.conf
  for n in $dns; do echo "nameserver $n" >>/etc/resolv.conf; done
  echo "== $interface $ip/$mask gateway ${router:-none}"
  ;;
esac
X
chmod +x "$root/etc/rc.sysinit" "$root/etc/rc.cloud" "$root/usr/share/udhcpc/default.script"

# --- the first file system: finds the root disk, grows it to the disk's size, goes on there
first=$work/first
for folder in bin dev proc r sbin sys; do mkdir -p "$first/$folder"; done
cp "$(command -v busybox)" "$first/bin/"
modules "$first" virtio_pci virtio_blk virtio_scsi sd_mod virtio_net crc32c_generic
add "$first" "$(command -v resize2fs)" sbin/resize2fs
cat >"$first/init" <<'X'
#!/bin/busybox sh
export PATH=/bin:/sbin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for m in virtio_pci virtio_blk virtio_net virtio_scsi sd_mod; do modprobe -q $m; done
for try in 1 2 3 4 5 6 7 8 9 10; do root=$(findfs LABEL=cloudroot 2>/dev/null) && break; sleep 0.3; done
[ -z "$root" ] && { echo "no root disk"; exec sh; }
disk=$(echo $root | sed 's/[0-9]*$//')
all=$(cat /sys/class/block/$(basename $disk)/size)
start=$(cat /sys/class/block/$(basename $root)/start)
size=$(cat /sys/class/block/$(basename $root)/size)
if [ $((start + size + 2048)) -lt $all ]; then
  printf 'd\n2\nn\np\n2\n%s\n\nw\n' $start | fdisk -u $disk >/dev/null 2>&1
  blockdev --rereadpt $disk 2>/dev/null
  sleep 0.2
  resize2fs -f $root >/dev/null 2>&1
fi
mount -t ext4 -o noatime $root /r || exec sh
for m in proc sys dev; do mount --move /$m /r/$m; done
exec switch_root /r /sbin/init
X
chmod +x "$first/init"
(cd "$first" && find . | cpio -o -H newc --quiet | zstd -q -19 >"$work/initrd")
cp packages/boot/vmlinuz-* kernel

# --- the disk: MBR, a FAT partition with syslinux, an ext4 root (with a journal: guests are reset hard)
boot=$(( ($(stat -c%s kernel) + $(stat -c%s initrd)) / 1048576 + 3 ))
size=$(( $(du -sm root | cut -f1) + 24 ))
truncate -s ${size}M root.ext4
mke2fs -q -t ext4 -O ^metadata_csum -J size=4 -m 0 -L cloudroot -E root_owner=0:0,lazy_itable_init=0 -d root root.ext4
truncate -s ${boot}M boot.fat
mkfs.vfat -n BOOT boot.fat >/dev/null
cat >syslinux.cfg <<'X'
SERIAL 0 115200
DEFAULT linux
PROMPT 0
TIMEOUT 0
LABEL linux
 LINUX kernel
 INITRD initrd
 APPEND console=tty0 console=ttyS0 panic=5 net.ifnames=0 quiet
X
MTOOLS_SKIP_CHECK=1 mcopy -i boot.fat kernel initrd syslinux.cfg ::
syslinux --install boot.fat
truncate -s $((1 + boot + size))M disk.raw
printf '2048,%s,0c,*\n%s,,83\n' $((boot * 2048)) $((2048 + boot * 2048)) | sfdisk -q disk.raw
dd if=/usr/lib/syslinux/mbr/mbr.bin of=disk.raw bs=440 count=1 conv=notrunc status=none
dd if=boot.fat of=disk.raw bs=1M seek=1 conv=notrunc status=none
dd if=root.ext4 of=disk.raw bs=1M seek=$((1 + boot)) conv=notrunc,sparse status=none
qemu-img convert -c -O qcow2 disk.raw "$target.part"
mv "$target.part" "$target"
ls -l "$target"
