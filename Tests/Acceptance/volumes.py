"""Volumes: made, copied, grown, snapshotted, handed over; quotas."""
from images import make, other


def run(visit, check):
    demo, admin = visit.demo, visit.admin
    storage = demo.block_storage
    volume = demo.create_volume(1, name="acc-vol", wait=True)
    check.same("a volume becomes available", volume.status, "available")
    storage.update_volume(volume, name="acc-vol2", description="words")
    check.same("it is renamed and found", storage.find_volume("acc-vol2").id, volume.id)
    storage.set_volume_metadata(volume, colour="blue")
    check.same("it keeps metadata", storage.get_volume(volume.id).metadata, {"colour": "blue"})
    storage.extend_volume(volume, 2)
    check.until("it grows", lambda: storage.get_volume(volume.id).size == 2
                and storage.get_volume(volume.id).status == "available")
    snapshot = demo.create_volume_snapshot(volume.id, name="acc-snap", wait=True)
    check.same("a snapshot is made", snapshot.status, "available")
    check.refused("a volume with snapshots stays", 400,
                  lambda: storage.delete_volume(volume, ignore_missing=False))
    copy = demo.create_volume(2, snapshot_id=snapshot.id, name="acc-copy", wait=True)
    clone = storage.create_volume(size=2, source_volume_id=volume.id, name="acc-clone")
    storage.wait_for_status(clone, "available", ["error"], interval=0.2, wait=30)
    check.same("volumes are made from snapshots and volumes", (copy.snapshot_id, clone.source_volume_id),
               (snapshot.id, volume.id))
    image, _ = make(visit, "acc-source")
    booted = demo.create_volume(1, image=image.id, name="acc-boot", wait=True)
    check("a volume made from an image can be booted", storage.get_volume(booted.id).is_bootable)
    check.refused("a volume smaller than nothing is refused", 400, lambda: storage.create_volume(size=0))
    check.refused("a volume of others is not there", 404, lambda: other(visit).block_storage.get_volume(volume.id))
    transfer = storage.create_transfer(volume_id=copy.id, name="acc-transfer")
    theirs = other(visit).block_storage
    theirs.accept_transfer(transfer.id, transfer.auth_key)
    check.same("a volume is handed over", theirs.get_volume(copy.id).id, copy.id)
    theirs.delete_volume(copy.id)
    check("types are listed", list(storage.types()))
    check("limits are shown", storage.get_limits().absolute.max_total_volumes > 0)
    check("storage's services are listed", list(admin.block_storage.services()))
    admin.block_storage.update_quota_set(demo.current_project_id, volumes=3)
    check.refused("a quota of volumes is kept", 413, lambda: storage.create_volume(size=1), "quota")
    admin.block_storage.update_quota_set(demo.current_project_id, volumes=10)
    storage.delete_snapshot(snapshot)
    check.until("a snapshot goes", lambda: not list(storage.snapshots()))
    for one in (volume, clone, booted):
        storage.delete_volume(one.id, ignore_missing=False)
    demo.image.delete_image(image.id)
    check.until("volumes go", lambda: not list(storage.volumes()))
