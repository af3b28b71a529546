"""Connection settings: a DSN, keywords, environment and files become one frozen `ConnectConfig`."""
