"""Images: up, down, found, changed, shared, refused."""
import hashlib
import os


def make(visit, name, size=65536, **more):
    """An image of random bytes, and the file it was made of."""
    path = os.path.join(visit.work, name)
    with open(path, "wb") as file:
        file.write(os.urandom(size))
    image = visit.demo.create_image(
        name, filename=path, disk_format="raw", container_format="bare", wait=True, allow_duplicates=True, **more)
    return image, path


def run(visit, check):
    demo, admin = visit.demo, visit.admin
    image, path = make(visit, "acc-image", 3 << 20)
    image = demo.image.get_image(image.id)
    check.same("an uploaded image is active", image.status, "active")
    check.same("its size is the file's", image.size, 3 << 20)
    data = open(path, "rb").read()
    check.same("its MD5 is the file's", image.checksum, hashlib.md5(data).hexdigest())
    check.same("its SHA-512 is the file's", image.hash_value, hashlib.sha512(data).hexdigest())
    back = os.path.join(visit.work, "back")
    demo.image.download_image(image, output=back, stream=True)
    check("it comes down as it went up", open(back, "rb").read() == data)
    check("it is listed", image.id in [i.id for i in demo.image.images()])
    check.same("it is found by its name", demo.image.find_image("acc-image").id, image.id)
    demo.image.update_image(image, name="acc-renamed", min_ram=64, os_distro="debian")
    image = demo.image.get_image(image.id)
    check.same("name, properties and limits are changed", (image.name, image.min_ram, image.os_distro),
               ("acc-renamed", 64, "debian"))
    check("a filter finds it", [i.id for i in demo.image.images(name="acc-renamed", status="active")] == [image.id])
    demo.image.add_tag(image, "acc-tag")
    check("so does a tag", [i.id for i in demo.image.images(tag="acc-tag")] == [image.id])
    image = demo.image.get_image(image.id)
    check.refused("data comes once", 409, lambda: answer(demo.image.put(
        "/images/%s/file" % image.id, data=b"x", headers={"Content-Type": "application/octet-stream"})))
    check("a private image is not shown to others", image.id not in [i.id for i in other(visit).image.images()])
    check.refused("nor is it there for them", 404, lambda: other(visit).image.get_image(image.id))
    check.refused("the demo user makes nothing public", 403,
                  lambda: demo.image.update_image(image.id, visibility="public"))
    admin.image.update_image(image.id, visibility="public")
    image = demo.image.get_image(image.id)
    check("an administrator does", other(visit).image.get_image(image.id).visibility == "public")
    demo.image.update_image(image, is_protected=True)
    check.refused("a protected image stays", 403, lambda: demo.image.delete_image(image))
    demo.image.update_image(image, is_protected=False)
    admin.image.deactivate_image(image)
    check.same("it is deactivated", demo.image.get_image(image.id).status, "deactivated")
    admin.image.reactivate_image(image)
    many = [make(visit, "acc-page-%d" % n, 100)[0] for n in range(3)]
    names = [i.name for i in demo.image.images(limit=1, sort="name:asc") if i.name.startswith("acc-page")]
    check.same("a list comes page by page, sorted", names, ["acc-page-0", "acc-page-1", "acc-page-2"])
    for one in many + [image]:
        demo.image.delete_image(one)
    check.refused("a deleted image is gone", 404, lambda: demo.image.get_image(image.id))


def answer(response):
    """The answer, or its refusal thrown, of a call that the SDK has no method for."""
    import openstack.exceptions
    openstack.exceptions.raise_from_response(response)
    return response


def other(visit):
    """Somebody in another project, who is no administrator."""
    if not hasattr(visit, "stranger"):
        admin = visit.admin
        project = admin.identity.create_project(name="stranger", domain_id="default")
        user = admin.identity.create_user(name="stranger", password="stranger-secret", domain_id="default")
        admin.identity.assign_project_role_to_user(project, user, admin.identity.find_role("member"))
        visit.stranger = visit.as_user("stranger", "stranger-secret", "stranger")
    return visit.stranger
