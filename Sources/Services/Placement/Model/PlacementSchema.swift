// Placement: who provides what, and who consumes it.
//
//     provider --has--> inventories, traits, aggregates
//     consumer --holds--> allocations --of--> provider
//
// What is free is never kept: it is the inventory less the sum of the allocations, counted in the transaction that
// adds to them. Every change of a provider counts its generation on, and writers name the one they read, so two
// schedulers cannot give the last place away twice. The search for candidates is a pure function of a snapshot.
// This module must not know of instances, volumes or any other consumer: they are ids.

public import Store

/// All tables of placement.
public let placementSchema = Schema(
  "placement",
  tables: [
    Provider.table, Inventory.table, ProviderTrait.table, ProviderAggregate.table, CustomTrait.table,
    CustomResourceClass.table, Consumer.table, Allocation.table,
  ])
