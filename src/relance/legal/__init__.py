"""What the law lets a creditor ask: country packs with dated figures, the pure rules that use them, the rates table."""
