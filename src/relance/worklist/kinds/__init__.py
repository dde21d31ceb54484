"""What people do, one file per kind of work, pure. Each offers a `KIND` as `worklist.facts.WorkKind` describes it."""
