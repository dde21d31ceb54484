"""Where other systems call us: providers with their reports. Each call proves by its signature where it comes from."""
