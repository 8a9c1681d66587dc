"""Metadata definitions through `glance md-…`: namespaces and what is in them."""
import json


def run(cloud, demo, admin, web):
    namespaces(demo, admin)
    properties(demo, admin)
    objects(demo, admin)
    tags(demo, admin)
    admin.say("md-namespace-delete", "Own")
    demo.refused("404 Not Found", "md-namespace-show", "Own")
    admin.refused("404 Not Found", "md-namespace-delete", "Own")
    document = {"namespace": "Read", "visibility": "public",
                "resource_type_associations": [{"name": "OS::Glance::Image"}],
                "properties": {"a": {"title": "A", "type": "string"}}, "tags": [{"name": "t"}],
                "objects": [{"name": "o", "properties": {"p": {"title": "P", "type": "integer"}}}]}
    admin.say("md-namespace-import", data=json.dumps(document).encode(), has="Read")
    shown = demo.one("md-namespace-show", "Read")
    demo.same("a namespace is read with all that is in it", [shown[key] for key in (
        "properties", "objects", "tags", "resource_type_associations")],
        ['["a"]', '["o"]', '["t"]', '["OS::Glance::Image"]'])
    admin.refused("409 Conflict", "md-namespace-import", data=json.dumps(document).encode())
    admin.refused("Schema is not a valid JSON object", "md-namespace-import", data=b"{")
    admin.say("md-namespace-delete", "Read")


def namespaces(demo, admin):
    demo.say("md-resource-type-list", has=("OS::Nova::Flavor", "OS::Glance::Image", "OS::Cinder::Volume"))
    demo.say("md-namespace-list", has="OS::Compute::Watchdog")
    demo.say("md-namespace-list", "--visibility", "public", "--resource-types", "OS::Nova::Flavor", "--page-size", "2",
             has="OS::Compute::Watchdog", lacks="OS::Compute::Hypervisor ")
    shown = demo.one("md-namespace-show", "OS::Compute::Watchdog", "--resource-type", "OS::Nova::Flavor")
    demo.same("properties have the prefix of the resource", shown["properties"], '["hw:watchdog_action"]')
    demo.refused("403 Forbidden", "md-namespace-create", "Own")
    admin.same("a namespace is made", admin.one(
        "md-namespace-create", "Own", "--display-name", "Ünser", "--visibility", "private", "--description", "of ours"
    )["display_name"], "Ünser")
    admin.refused("409 Conflict", "md-namespace-create", "Own")
    demo.refused("404 Not Found", "md-namespace-show", "Own")
    admin.say("md-namespace-update", "Own", "--description", "for all", "--visibility", "public", has="for all")
    demo.same("now all see it", demo.one("md-namespace-show", "Own")["description"], "for all")
    admin.say("md-namespace-update", "Own", "--protected", "True")
    admin.refused("403 Forbidden", "md-namespace-delete", "Own")
    admin.say("md-namespace-update", "Own", "--protected", "False")
    admin.refused("404 Not Found", "md-namespace-update", "None", "--description", "x")

    admin.say("md-resource-type-associate", "Own", "--name", "OS::Nova::Flavor", "--prefix", "own:", has="own:")
    admin.refused("409 Conflict", "md-resource-type-associate", "Own", "--name", "OS::Nova::Flavor")
    demo.same("a namespace has its resources", [(row["name"], row["prefix"]) for row in demo.rows(
        "md-namespace-resource-type-list", "Own")], [("OS::Nova::Flavor", "own:")])
    admin.say("md-resource-type-deassociate", "Own", "OS::Nova::Flavor")
    demo.same("which can be taken away", demo.rows("md-namespace-resource-type-list", "Own"), [])
    admin.refused("404 Not Found", "md-resource-type-deassociate", "Own", "OS::Nova::Flavor")


def properties(demo, admin):
    admin.say("md-property-create", "Own", "--name", "color", "--title", "Color", "--type", "string", "--schema",
              '{"enum": ["red", "blue"], "default": "red"}', has=("color", "Color", '["red", "blue"]'))
    admin.refused("409 Conflict", "md-property-create", "Own", "--name", "color", "--title", "x", "--type", "string",
                  "--schema", "{}")
    admin.refused("'liquid' is not one of", "md-property-create", "Own", "--name", "bad", "--title", "x", "--type",
                  "liquid", "--schema", "{}")
    admin.refused("Schema is not a valid JSON object.", "md-property-create", "Own", "--name", "bad", "--title", "x",
                  "--type", "string", "--schema", "{")
    admin.say("md-property-update", "Own", "color", "--name", "hue", "--title", "Hue", has="Hue")
    demo.same("a property has its name", demo.one("md-property-show", "Own", "hue")["title"], "Hue")
    demo.same("and is in the list", demo.rows("md-property-list", "Own"),
              [{"name": "hue", "title": "Hue", "type": "string"}])
    demo.refused("403 Forbidden", "md-property-delete", "Own", "hue")
    admin.say("md-property-delete", "Own", "hue")
    demo.refused("404 Not Found", "md-property-show", "Own", "hue")
    for name in ("one", "two"):
        admin.say("md-property-create", "Own", "--name", name, "--title", name, "--type", "integer", "--schema",
                  '{"minimum": 0, "maximum": 9}')
    admin.say("md-namespace-properties-delete", "Own")
    demo.same("all of them are deleted", demo.rows("md-property-list", "Own"), [])


def objects(demo, admin):
    schema = {"description": "A disc", "required": ["size"],
              "properties": {"size": {"title": "Size", "type": "integer", "minimum": 1}}}
    admin.say("md-object-create", "Own", "--name", "disc", "--schema", json.dumps(schema), has=("disc", '["size"]'))
    admin.refused("409 Conflict", "md-object-create", "Own", "--name", "disc", "--schema", "{}")
    admin.say("md-object-update", "Own", "disc", "--name", "disk", "--schema",
              json.dumps({**schema, "description": "A disk"}), has="A disk")
    shown = demo.one("md-object-show", "Own", "disk")
    demo.same("an object is shown", (shown["name"], shown["description"], shown["properties"], shown["required"]),
              ("disk", "A disk", '["size"]', '["size"]'))
    demo.same("and what is in it", demo.one("md-object-property-show", "Own", "disk", "size")["title"], "Size")
    demo.refused("Property weight not found in object disk.", "md-object-property-show", "Own", "disk", "weight")
    demo.same("objects are listed", demo.rows("md-object-list", "Own"), [{"name": "disk", "description": "A disk"}])
    admin.say("md-object-delete", "Own", "disk")
    demo.refused("404 Not Found", "md-object-show", "Own", "disk")
    admin.say("md-object-create", "Own", "--name", "again", "--schema", "{}")
    admin.say("md-namespace-objects-delete", "Own")
    demo.same("all of them are deleted", demo.rows("md-object-list", "Own"), [])


def tags(demo, admin):
    admin.say("md-tag-create", "Own", "--name", "one", has="one")
    admin.refused("409 Conflict", "md-tag-create", "Own", "--name", "one")
    admin.same("many tags replace the old", admin.column(
        "name", "md-tag-create-multiple", "Own", "--names", "two:three", "--delim", ":"), ["two", "three"])
    demo.same("as the list says", sorted(demo.column("name", "md-tag-list", "Own")), ["three", "two"])
    # The client cannot: it means to send a header that is no text.
    admin.refused("expected bytes", "md-tag-create-multiple", "Own", "--names", "five", "--append")
    admin.say("md-tag-update", "Own", "two", "--name", "four", has="four")
    demo.same("a tag is renamed", demo.one("md-tag-show", "Own", "four")["name"], "four")
    demo.refused("404 Not Found", "md-tag-show", "Own", "two")
    admin.say("md-tag-delete", "Own", "three")
    demo.same("and deleted", demo.column("name", "md-tag-list", "Own"), ["four"])
    admin.say("md-namespace-tags-delete", "Own")
    demo.same("all of them are deleted", demo.column("name", "md-tag-list", "Own"), [])
