"""What analysts found of a tenant's accusations, turned into stricter thresholds of that tenant."""
