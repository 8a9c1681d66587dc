public import Store

/// All tables of the networking service.
public let neutronSchema = Schema(
  "neutron",
  tables: [
    Network.table, Subnet.table, Port.table, AddressRow.table, GroupMember.table, Router.table, FloatingIP.table,
    SecurityGroup.table, SecurityGroupRule.table, SubnetPool.table, AddressScope.table, QuotaLimit.table,
    AgentRecord.table,
  ])
