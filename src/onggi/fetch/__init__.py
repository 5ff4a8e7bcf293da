"""What a build takes from elsewhere: files over HTTP, git repositories, contexts in a tar."""
