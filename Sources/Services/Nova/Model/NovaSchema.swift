public import Store

/// All tables of compute.
public let novaSchema = Schema(
  "nova",
  tables: [
    Server.table, InstanceAction.table, VolumeAttachment.table, ComputeHost.table, Flavor.table, FlavorAccess.table,
    KeyPair.table, Quota.table, ServerGroup.table, ServerGroupMember.table, Aggregate.table, ConsoleToken.table,
    ServerPassword.table,
  ])
