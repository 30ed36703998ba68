"""Every way in against every fault it can meet: what operators are told, and whether a post is lost or stored twice for it."""
