public import Store

/// All tables of block storage.
public let cinderSchema = Schema(
  "cinder",
  tables: [
    Volume.table, Attachment.table, Snapshot.table, VolumeType.table, Quota.table, Transfer.table, VolumeHost.table,
    Message.table,
  ])
