"""Recovery and failover; Scripts/compare-recovery is its front."""
