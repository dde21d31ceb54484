"""What a stage can do, one file per action. Each offers `ACTION.effects(params) -> tuple[Effect, ...]`, pure."""
