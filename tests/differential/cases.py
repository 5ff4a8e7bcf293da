"""What both are asked."""

from __future__ import annotations

ON_PURPOSE: dict[str, str] = {
    "run --rm --blkio-weight 5 busybox:1.35 true": "Docker 20 discards what its kernel lacks before it looks at it",
    "run --rm --isolation default busybox:1.35 true": "an option for Windows",
    "run --rm -d -a stdout busybox:1.35 true": "125 as for each other wrong option; Docker's command says 1",
    "run -d --rm --cidfile /nosuch/x busybox:1.35 true": "125: the container did not run; Docker's command says 127",
    "run --rm --device /dev/nosuch busybox:1.35 true": "125: the same",
    "run --rm --hostname box --domainname ex.org busybox:1.35 hostname -f": "its own name is in /etc/hosts",
    "run --rm --sysctl net.core.nosuch=1 busybox:1.35 true": "125: the same",
}
"""Command line → why the answers are not the same."""

SINGLE = [
    "run --rm busybox:1.35 sh -c 'exit 3'",
    "run --rm busybox:1.35 nosuch",
    "run --rm busybox:1.35 /etc",
    "run --rm nosuchimage --pull never",
    "run --rm -w /new/folder busybox:1.35 pwd",
    "run --rm -u 1000:1000 busybox:1.35 id",
    "run --rm -u nosuch busybox:1.35 id",
    "run --rm --group-add 5 --group-add 77 busybox:1.35 id -G",
    "run --rm -e A=1 -e B busybox:1.35 env",
    "run --rm --hostname box busybox:1.35 hostname",
    "run --rm --read-only busybox:1.35 touch /x",
    "run --rm --read-only --tmpfs /t busybox:1.35 touch /t/x",
    "run --rm --cap-drop ALL busybox:1.35 grep Cap /proc/self/status",
    "run --rm --cap-add NET_ADMIN busybox:1.35 grep Cap /proc/self/status",
    "run --rm --cap-add NOSUCH busybox:1.35 true",
    "run --rm --ulimit nofile=100:200 busybox:1.35 sh -c 'ulimit -n; ulimit -Hn'",
    "run --rm --ulimit nofile=300:200 busybox:1.35 true",
    "run --rm -m 3m busybox:1.35 true",
    "run --rm -m abc busybox:1.35 true",
    "run --rm -m 64m busybox:1.35 cat /sys/fs/cgroup/memory/memory.limit_in_bytes",
    "run --rm -m 64m --memory-swap 32m busybox:1.35 true",
    "run --rm --memory-swap 64m busybox:1.35 true",
    "run --rm --memory-reservation 100m -m 64m busybox:1.35 true",
    "run --rm --cpus 0.5 busybox:1.35 cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us",
    "run --rm --cpus 1000 busybox:1.35 true",
    "run --rm --cpu-shares 512 busybox:1.35 cat /sys/fs/cgroup/cpu/cpu.shares",
    "run --rm --cpuset-cpus 0 busybox:1.35 cat /sys/fs/cgroup/cpuset/cpuset.cpus",
    "run --rm --cpuset-cpus 77 busybox:1.35 true",
    "run --rm --pids-limit 50 busybox:1.35 cat /sys/fs/cgroup/pids/pids.max",
    "run --rm --oom-score-adj 500 busybox:1.35 cat /proc/self/oom_score_adj",
    "run --rm --oom-score-adj 5000 busybox:1.35 true",
    'run --rm --shm-size 32m busybox:1.35 sh -c \'df -k /dev/shm | tail -1 | tr -s " " | cut -d" " -f2\'',
    "run --rm --sysctl net.ipv4.ip_forward=1 busybox:1.35 cat /proc/sys/net/ipv4/ip_forward",
    "run --rm --sysctl kernel.panic=1 busybox:1.35 true",
    'run --rm --device /dev/zero:/dev/myzero busybox:1.35 sh -c \'ls -l /dev/myzero | tr -s " " | cut -d" " -f1,3-6\'',
    "run --rm --device /dev/zero:/dev/x:abc busybox:1.35 true",
    "run --rm --pid host busybox:1.35 sh -c 'test $(ls -d /proc/[0-9]* | wc -l) -gt 20 && echo many'",
    "run --rm --pid container:nosuch busybox:1.35 true",
    "run --rm --ipc host busybox:1.35 true",
    "run --rm --ipc foo busybox:1.35 true",
    "run --rm --uts host busybox:1.35 true",
    "run --rm --uts foo busybox:1.35 true",
    "run --rm -p 70000:80 busybox:1.35 true",
    "run --rm --mac-address 02:42 busybox:1.35 true",
    "run --rm --dns nohost busybox:1.35 true",
    "run --rm --dns-search a..b busybox:1.35 true",
    "run --rm --network name=a,alias=b --network-alias c busybox:1.35 true",
    "run --rm --restart always busybox:1.35 true",
    "run --rm --restart foo busybox:1.35 true",
    "run --restart on-failure:-1 busybox:1.35 true",
    "run --restart always:3 busybox:1.35 true",
    "run --rm --security-opt foo busybox:1.35 true",
    "run --rm --security-opt seccomp=/nosuch busybox:1.35 true",
    "run --rm --stop-signal FOO busybox:1.35 true",
    "run --rm -v /nosuch/relative/../x:/data:badmode busybox:1.35 true",
    "run --rm -v /tmp:relative busybox:1.35 true",
    "run --rm --mount type=bind,source=/nosuch,target=/x busybox:1.35 true",
    "run --rm --mount type=foo,target=/x busybox:1.35 true",
    "run --rm --mount target=/x busybox:1.35 sh -c 'mount | grep -c \" /x \"'",
    "run --rm --tmpfs /x:size=1m,mode=700 busybox:1.35 sh -c 'stat -c %a /x'",
    "run --rm -l a=b -l =c busybox:1.35 true",
    "run --rm --name ! busybox:1.35 true",
    "run --rm --entrypoint '' busybox:1.35",
    "run --rm --entrypoint echo busybox:1.35 a b",
    "run --rm --init busybox:1.35 sh -c '[ $$ != 1 ]; echo $?; cat /proc/1/comm > /dev/null'",
    "run --rm --health-cmd x --no-healthcheck busybox:1.35 true",
    "run --rm --health-retries -1 busybox:1.35 true",
    "run --rm --health-interval 1us --health-cmd x busybox:1.35 true",
    "run --rm --log-driver none busybox:1.35 echo hi",
    "run --rm --log-driver nosuch busybox:1.35 echo hi",
    "run --rm --log-opt max-size=abc busybox:1.35 echo hi",
    "run --rm --log-opt nosuch=1 busybox:1.35 echo hi",
    "run --rm --add-host a:1.2.3.4 busybox:1.35 grep 1.2.3.4 /etc/hosts",
    "run --rm --add-host a:notanip busybox:1.35 true",
    "run --rm --userns host busybox:1.35 cat /proc/self/uid_map",
    "run --rm --userns foo busybox:1.35 true",
    "run --rm --gpus all busybox:1.35 true",
    "run --rm --group-add nosuch busybox:1.35 true",
    "run --rm --ipc none busybox:1.35 ls -d /dev/shm",
    "run --rm --uts host --hostname box busybox:1.35 true",
    "run --rm --cgroupns foo busybox:1.35 true",
    "run --rm --cgroupns host busybox:1.35 grep -c :memory:/$ /proc/self/cgroup",
    "run --rm --sysctl net.core.somaxconn=77 busybox:1.35 cat /proc/sys/net/core/somaxconn",
    "run --rm --sysctl net.core.somaxconn=x busybox:1.35 true",
    "run --rm --sysctl kernel.msgmax=77 --ipc host busybox:1.35 true",
    "run --rm --domainname ex.org busybox:1.35 cat /proc/sys/kernel/domainname",
    "run --rm --device /dev/zero:/opt/zero:r busybox:1.35 sh -c 'head -c 3 /opt/zero | wc -c; echo x > /opt/zero'",
    "run --rm --device /dev/net busybox:1.35 ls /dev/net",
    "run --rm --device zero busybox:1.35 true",
    "run --rm --device-cgroup-rule 'c 1:5 rwmm' busybox:1.35 true",
    "run --rm --device-cgroup-rule 'c 10:229 rw' busybox:1.35 sh -c 'mknod /fuse c 10 229; : 3<>/fuse && echo open'",
    "run --rm --restart on-failure:x busybox:1.35 true",
    "run --rm --restart :3 busybox:1.35 true",
    "run --rm -a stdlog busybox:1.35 true",
    "run --rm -a stderr busybox:1.35 sh -c 'echo out; echo err >&2; exit 3'",
    "run --rm -a STDOUT busybox:1.35 sh -c 'echo out; echo err >&2; exit 3'",
    "run --rm --pull sometimes busybox:1.35 true",
    "run --rm --expose 80:80 busybox:1.35 true",
    "run --rm --health-interval 5 busybox:1.35 true",
    "run --rm --health-timeout=-1s busybox:1.35 true",
    "run --rm --security-opt no-new-privileges:maybe busybox:1.35 true",
    "run --rm --security-opt no-new-privileges busybox:1.35 grep NoNewPrivs /proc/self/status",
    "run --rm --security-opt systempaths=unconfined busybox:1.35 sh -c 'mount | grep -c /proc/'",
    "run --rm --stop-timeout x busybox:1.35 true",
    "create --nosuch",
    "create --pid foo busybox:1.35",
    "create nosuchimage --pull never",
    "start --nosuch",
    "start -a one two",
    "start",
    "rename one",
    "port",
    "port a b c",
    "--nosuch",
    "run --nosuch",
    "run",
    "ps --filter foo=bar",
    "ps --filter status=foo",
    "ps -n -5 -q",
    "exec nosuch true",
    "exec -it nosuch true",
    "stop nosuch",
    "rm nosuch",
    "logs nosuch",
    "inspect nosuch",
    "cp nosuch:/x /tmp",
    "cp /tmp nosuch:/x",
    "cp a b",
    "diff nosuch",
    "commit nosuch",
    "export nosuch",
    "top nosuch",
    "stats --no-stream nosuch",
    "update nosuch",
    "update -m 64m nosuch",
    "rename nosuch x",
    "port nosuch",
    "wait nosuch",
    "pause nosuch",
    "unpause nosuch",
    "attach nosuch",
    "kill nosuch",
    "kill -s FOO nosuch",
    "restart nosuch",
    "volume rm nosuch",
    "volume create a/b",
    "volume create --driver nosuch vol",
    "volume inspect nosuch",
]

LIVES: dict[str, str] = {
    "start, look, stop": """
        run -d --name web busybox:1.35 sh -c "echo out; echo err >&2; trap 'exit 3' TERM; while :; do sleep 0.1; done"
        ps --format "{{.Names}} {{.Image}} {{.Command}} {{.State}}"
        exec web sh -c "echo inside; exit 4"
        exec -e A=1 -w /tmp -u 5:6 web sh -c "echo $A; pwd; id"
        logs web
        pause web
        pause web
        ps --format "{{.State}}"
        exec web true
        attach web
        unpause web
        unpause web
        rename web site
        inspect -f "{{.Name}} {{.State.Status}} {{.State.Running}} {{.RestartCount}}" site
        stop site
        inspect -f "{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}" site
        stop site
        kill site
        exec site true
        wait site
        rm site
        rm site
    """,
    "create and start": """
        create --name web busybox:1.35 sh -c "echo hi; exit 5"
        ps -a --format "{{.Names}} {{.Status}}"
        start -a web
        start web
        wait web
        logs web
        start nosuch
        rm web
    """,
    "shared": """
        run -d --name web --ipc shareable busybox:1.35 sh -c "echo shared > /dev/shm/note; sleep 1000"
        run -d --name lone busybox:1.35 sleep 1000
        run --rm --pid container:web busybox:1.35 sh -c "ps -o args | grep -c 'sleep 100[0]'"
        run --rm --pid container:web busybox:1.35 sh -c "test $$ = 1"
        run --rm --ipc container:web busybox:1.35 cat /dev/shm/note
        run --rm --ipc container:lone busybox:1.35 true
        create --name side --pid container:lone busybox:1.35 sleep 1000
        rename lone other
        start side
        inspect -f "{{.HostConfig.PidMode}} {{.HostConfig.IpcMode}} {{.HostConfig.UTSMode}}" side
        stop -t 0 other
        wait side
        start side
        start -a side
        rm -f web other side
    """,
    "names": """
        create --name web --expose 80 --expose 53/udp busybox:1.35 true
        create --name web busybox:1.35 true
        rename web web
        rename web "a b"
        rename web site
        rename web shop
        inspect -f "{{.Name}} {{json .Config.ExposedPorts}}" site
        port site
        port site 80
        port site x
        rm site
    """,
    "started by hand": """
        create -i --name cat busybox:1.35 cat
        start -ai cat
        create --name code busybox:1.35 sh -c "exit 7"
        start -a code
        start code cat
        start -a nosuch
        create --name long busybox:1.35 sleep 1000
        start long
        start long
        pause long
        start long
        rm -f cat code long
    """,
    "files": """
        run --name web busybox:1.35 sh -c "echo new > /new; rm /etc/shadow; mkdir /dir; touch /dir/a; chmod 700 /tmp"
        diff web
        cp web:/new -
        cp web:/nosuch /tmp
        commit -m message -c "CMD [\\"echo\\", \\"committed\\"]" -c "ENV A=1" web made
        inspect -f "{{json .Config.Cmd}} {{json .Config.Env}} {{.Comment}}" made
        run --rm made
        rm web
        rmi -f made
    """,
    "volumes": """
        volume create data
        volume create data
        volume ls -q
        run --rm -v data:/data busybox:1.35 sh -c "echo kept > /data/file"
        run --rm -v data:/data:ro busybox:1.35 cat /data/file
        run --rm -v data:/data:ro busybox:1.35 touch /data/x
        run -d --name user -v data:/data busybox:1.35 sleep 1000
        volume rm data
        volume inspect -f "{{.Name}} {{.Driver}} {{.Scope}} {{json .Options}}" data
        run --rm --volumes-from user busybox:1.35 cat /data/file
        rm -f user
        volume rm data
        volume rm data
        volume prune -f
    """,
    "limits": """
        run -d --name web -m 64m --cpus 0.5 --pids-limit 20 busybox:1.35 sleep 1000
        inspect -f "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}}" web
        update -m 32m --memory-swap 64m web
        exec web cat /sys/fs/cgroup/memory/memory.limit_in_bytes
        update --restart always web
        inspect -f "{{json .HostConfig.RestartPolicy}}" web
        update -m 1m web
        update --cpus 1000 web
        kill web
        rm -f web
    """,
    "restarts": """
        run -d --name web --restart on-failure:2 busybox:1.35 sh -c "echo try; exit 3"
        wait web
        rm -f web
    """,
    "out of memory": """
        run --name web -m 16m --memory-swap 16m busybox:1.35 sh -c "tail /dev/zero"
        inspect -f "{{.State.OOMKilled}} {{.State.ExitCode}}" web
        rm web
    """,
}
"""Command lines in their order, for one container or a few."""
