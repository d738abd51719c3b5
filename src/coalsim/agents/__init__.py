"""Who acts: residents and businesses as columns; government, councils, services and coalitions as Mesa agents."""
