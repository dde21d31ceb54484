"""What a stage can do, one file per action, pure. Each offers an `ACTION` as `dunning.facts.Action` describes it."""
