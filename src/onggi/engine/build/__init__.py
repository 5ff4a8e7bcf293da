"""The use case `build`, in the order of its flow: project (what is read first), builder (the flow itself), work (what
the solver asks for; run, copy and sources do it), assemble (layers and configuration become an image)."""
