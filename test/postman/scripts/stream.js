// The stream never ends, and a run of the collection would not either: set streams to true to open it.
if (pm.environment.get('streams') !== 'true') pm.execution.skipRequest()
