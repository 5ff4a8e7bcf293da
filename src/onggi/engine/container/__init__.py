"""The life of one container: what each verb of `engine.containers` does, a file per verb."""
