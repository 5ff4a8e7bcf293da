"""What Docker's own client asks both engines, besides what cases.py has."""

from __future__ import annotations

OLDER: dict[str, str] = {
    "exec -u nosuch web true": "these look the user up when the process starts, and then say 126",
}
"""Command line → why engines before 28 answer otherwise."""

LIVES: dict[str, str] = {
    "images": """
        tag busybox:1.35 kept:1
        images --format "{{.Repository}}:{{.Tag}}" kept
        images --format "{{.Repository}}:{{.Tag}}" nosuch
        images --format "{{.Repository}}:{{.Tag}}" --filter "reference=kep[^x]:[12]"
        images -q --filter "reference=*/*"
        images -q --filter dangling=perhaps
        image inspect -f "{{json .Config.Cmd}} {{.Os}} {{.Architecture}}" kept:1
        image inspect nosuch
        history nosuch
        tag nosuch kept:2
        tag kept:1 Wrong:1
        rmi kept:1
        rmi kept:1
        save nosuch
        search --limit 200 nosuch
    """,
    "looks": """
        run -d --name web -l of=tests -e A=1 -w /tmp --stop-signal INT --restart on-failure:3 busybox:1.35 sleep 1000
        ps --format "{{.Names}} {{.Image}} {{.Command}} {{.Labels}} {{.Ports}} {{.Mounts}} {{.Networks}}"
        ps -q -f label=of=tests -f status=running
        ps -f nosuch=1
        ps -f status=nosuch
        ps -a -f exited=x
        ps -q -f name=we
        ps -q -f id=
        ps -q -f is-task=perhaps
        ps -q -f ancestor=busybox:1.35
        inspect -f "{{json .Config.Cmd}} {{json .Config.Env}} {{json .Config.Labels}}" web
        inspect -f "{{.Config.WorkingDir}} {{.Config.StopSignal}}" web
        inspect -f "{{json .HostConfig.RestartPolicy}} {{json .HostConfig.LogConfig}}" web
        inspect -f "{{.Config.AttachStdin}} {{.Config.AttachStdout}} {{json .Config.StopTimeout}}" web
        inspect -f "{{json .HostConfig.Links}}" web
        inspect -f "{{json .State.Status}} {{json .Mounts}} {{.Path}} {{json .Args}} {{.Platform}}" web
        top web -o comm,args
        top web -o nosuch
        port web
        stats --no-stream --format "{{.Name}} {{.PIDs}}" web
        kill -s FOO web
        cp web:/etc/passwd -
        cp web:/nosuch /tmp
        exec -d web true
        exec web
        exec -u nosuch web true
        wait nosuch
        rm web
        rm -f web
    """,
    "logs": """
        run --name web busybox:1.35 sh -c "for i in 1 2 3 4 5; do echo $i; done"
        logs web
        logs --tail 2 web
        logs --tail 0 web
        logs --tail nosuch web
        logs -f web
        logs --since 2000-01-01T00:00:00Z web
        logs --until 2000-01-01T00:00:00Z web
        logs --since nosuch web
        logs nosuch
        rm web
    """,
    "networks": """
        network ls --format "{{.Name}} {{.Driver}} {{.Scope}}" -f name=none
        network inspect -f "{{.Name}} {{.Driver}} {{.Scope}} {{.Internal}}" none
        network inspect nosuch
        network rm nosuch
        network rm none
        network connect nosuch nosuch
        network disconnect nosuch nosuch
        network create none
        network create --driver nosuch of-tests
        network create --subnet nosuch of-tests
    """,
    "volumes": """
        volume create -l of=tests data
        volume ls --format "{{.Name}} {{.Driver}} {{.Scope}} {{.Labels}}" -f label=of=tests
        volume ls -q -f nosuch=1
        volume inspect -f "{{json .Labels}} {{json .Options}}" data
        create --name web -v data:/data busybox:1.35 true
        volume rm data
        volume ls -q -f dangling=true
        rm web
        volume rm data
    """,
    "links": """
        run -d --name web busybox:1.35 sleep 1000
        create --name app --link web:a:b busybox:1.35 true
        create --name app --link nosuch:db busybox:1.35 true
        rm -f web
    """,
    "ends": """
        create --name one busybox:1.35 true
        create --name two busybox:1.35 sh -c "exit 3"
        start one two
        wait one two
        ps -a --format "{{.Names}} {{.State}}" -f exited=3
        container prune -f --filter label=nosuch
        rename one two
        rm one two
        swarm leave
        node ls
        service ls
        secret ls
        config ls
        plugin ls
        info -f "{{.Swarm.LocalNodeState}} {{.OSType}}"
        version -f "{{.Server.Os}}/{{.Server.Arch}}"
    """,
}
"""Command lines in their order."""
