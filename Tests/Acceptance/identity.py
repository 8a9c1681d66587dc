"""Identity: tokens, catalogue, projects, users, roles, application credentials."""


def run(visit, check):
    demo, admin = visit.demo, visit.admin
    check("a token is issued", demo.auth_token)
    kinds = {s["type"] for s in demo.session.auth.get_access(demo.session).service_catalog.catalog}
    check("the catalogue names every service", {"identity", "image", "compute", "network", "placement"} <= kinds
          and kinds & {"volumev3", "block-storage"}, kinds)
    check("the demo user is no administrator", "admin" not in demo.session.auth.get_access(demo.session).role_names)
    check.refused("users are not for everyone to list", 403, lambda: list(demo.identity.users()))

    domain = admin.identity.create_domain(name="acceptance", is_enabled=True)
    project = admin.identity.create_project(name="acc-project", domain_id="default", description="first")
    user = admin.identity.create_user(name="acc-user", password="first-secret", domain_id="default")
    group = admin.identity.create_group(name="acc-group", domain_id="default")
    role = admin.identity.create_role(name="acc-role")
    check("domain, project, user, group and role are made", all([domain.id, project.id, user.id, group.id, role.id]))
    check.same("a project is found by its name", admin.identity.find_project("acc-project").id, project.id)
    admin.identity.update_project(project, description="second")
    check.same("a project is changed", admin.identity.get_project(project.id).description, "second")
    check.refused("two projects of one name are refused", 409,
                  lambda: admin.identity.create_project(name="acc-project", domain_id="default"))
    check.refused("a user without a role gets no token for the project", 401,
                  lambda: visit.as_user("acc-user", "first-secret", "acc-project").session.get_token())
    member = admin.identity.find_role("member")
    admin.identity.assign_project_role_to_user(project, user, member)
    theirs = visit.as_user("acc-user", "first-secret", "acc-project")
    check.same("with a role it does", theirs.current_project_id, project.id)
    rows = list(admin.identity.role_assignments(user_id=user.id, scope_project_id=project.id))
    check.same("the assignment is listed", [r.role["id"] for r in rows], [member.id])
    credential = theirs.identity.create_application_credential(theirs.current_user_id, "acc-credential")
    check("an application credential has a secret once", credential.secret)
    import openstack
    robot = openstack.connect(
        auth_type="v3applicationcredential", auth_url=visit.cloud.url(5000, "/v3"), load_yaml_config=False,
        application_credential_id=credential.id, application_credential_secret=credential.secret,
        load_envvars=False, region_name="RegionOne")
    check.same("it is as good as the user in that project", robot.current_project_id, project.id)
    theirs.identity.delete_application_credential(theirs.current_user_id, credential)
    admin.identity.update_user(user, password="second-secret")
    check.refused("an old password is refused", 401,
                  lambda: visit.as_user("acc-user", "first-secret", "acc-project").session.get_token())
    check("the new one is taken", visit.as_user("acc-user", "second-secret", "acc-project").session.get_token())
    admin.identity.unassign_project_role_from_user(project, user, member)
    check.refused("without the role there is no token any more", 401,
                  lambda: visit.as_user("acc-user", "second-secret", "acc-project").session.get_token())
    admin.identity.add_user_to_group(user, group)
    admin.identity.assign_project_role_to_group(project, group, member)
    check("a group's role is its members'", visit.as_user("acc-user", "second-secret", "acc-project").session.get_token())
    admin.identity.delete_user(user)
    check.refused("a deleted user gets no token", 401,
                  lambda: visit.as_user("acc-user", "second-secret", "acc-project").session.get_token())
    for thing, delete in ((group, admin.identity.delete_group), (role, admin.identity.delete_role),
                          (project, admin.identity.delete_project)):
        delete(thing)
    admin.identity.update_domain(domain, is_enabled=False)
    admin.identity.delete_domain(domain)
    check("all of it is gone", not admin.identity.find_project("acc-project")
          and not admin.identity.find_domain("acceptance") and not admin.identity.find_role("acc-role"))
    check("services, endpoints and regions are listed", len(list(admin.identity.services())) >= 6
          and len(list(admin.identity.endpoints())) >= 6 and len(list(admin.identity.regions())) == 1)
