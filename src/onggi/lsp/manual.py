"""What each instruction is for, in a paragraph, and its flags: for hovers and completion."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from onggi.lint.violation import Text


class Manual(msgspec.Struct, frozen=True):
    """`form` is how it is written; `flags` says of each, with its dashes, what it does."""

    form: str
    text: Text
    flags: Mapping[str, Text] = {}


_CHOWN = Text(
    "Owner of what is copied: user, user:group or numbers.", "복사한 파일의 소유자: 사용자, 사용자:그룹 또는 번호."
)
_CHMOD = Text("Permissions of what is copied: 0644 or u=rw,go=r.", "복사한 파일의 권한: 0644 또는 u=rw,go=r.")
_LINK = Text(
    "Makes a layer that does not depend on those below, so that it is kept when they change.",
    "아래 레이어에 기대지 않는 레이어를 만들어, 아래가 바뀌어도 다시 만들지 않습니다.",
)
_EXCLUDE = Text(
    "Leaves out what the pattern matches. May be repeated.", "패턴에 맞는 파일을 뺍니다. 여러 번 쓸 수 있습니다."
)

MANUALS: Mapping[str, Manual] = {
    "ADD": Manual(
        "ADD [flags] source… destination",
        Text(
            "Copies files from the build context, a URL or a Git repository into the image; local tar archives are "
            "unpacked. For plain files COPY says the same with less magic.",
            "빌드 컨텍스트, URL, Git 저장소의 파일을 이미지에 복사하고, 로컬 tar 파일은 풉니다. "
            "보통 파일에는 COPY가 더 뚜렷합니다.",
        ),
        {
            "--checksum": Text(
                "Fails unless the download has this digest.", "내려받은 파일의 다이제스트가 다르면 실패합니다."
            ),
            "--chmod": _CHMOD,
            "--chown": _CHOWN,
            "--exclude": _EXCLUDE,
            "--keep-git-dir": Text("Keeps the .git folder of a repository.", "저장소의 .git 폴더를 남깁니다."),
            "--link": _LINK,
            "--unpack": Text("Whether an archive is unpacked.", "압축 파일을 풀지 정합니다."),
        },
    ),
    "ARG": Manual(
        "ARG name[=default]…",
        Text(
            "Declares a variable that `--build-arg` may set. It is known from here to the end of the stage; one before "
            "the first FROM is known to the FROM lines, and to a stage that declares it again.",
            "`--build-arg`로 정할 수 있는 변수를 선언합니다. 여기부터 스테이지 끝까지 쓸 수 있습니다. 첫 FROM 앞의 "
            "ARG는 FROM 줄에서, 그리고 다시 선언한 스테이지에서 쓸 수 있습니다.",
        ),
    ),
    "CMD": Manual(
        'CMD ["program", "argument"…] or CMD command',
        Text(
            "What a container of the image runs, or the arguments of its ENTRYPOINT. Only the last one counts. As an "
            "array the program gets signals itself; as a command a shell is between.",
            "이미지의 컨테이너가 실행할 명령, 또는 ENTRYPOINT의 인자입니다. 마지막 것만 쓰입니다. 배열로 쓰면 "
            "프로그램이 신호를 바로 받고, 명령으로 쓰면 셸을 거칩니다.",
        ),
    ),
    "COPY": Manual(
        "COPY [flags] source… destination",
        Text(
            "Copies files from the build context, another stage or an image. With several sources the destination is a "
            "folder and ends in /. `COPY <<EOF file` writes what follows.",
            "빌드 컨텍스트, 다른 스테이지, 이미지의 파일을 복사합니다. 소스가 여럿이면 대상은 /로 끝나는 폴더입니다. "
            "`COPY <<EOF 파일`은 뒤따르는 내용을 씁니다.",
        ),
        {
            "--chmod": _CHMOD,
            "--chown": _CHOWN,
            "--exclude": _EXCLUDE,
            "--from": Text(
                "Copies from a stage, by name or number, or from an image.",
                "스테이지(이름, 번호)나 이미지에서 복사합니다.",
            ),
            "--link": _LINK,
            "--parents": Text("Keeps the folders of the sources.", "소스의 상위 폴더를 그대로 둡니다."),
        },
    ),
    "ENTRYPOINT": Manual(
        'ENTRYPOINT ["program", "argument"…] or ENTRYPOINT command',
        Text(
            "The program of the image; CMD, or what stands behind the image in `run`, are its arguments. As a command "
            "it runs in a shell and takes no arguments.",
            "이미지의 프로그램입니다. CMD나 `run`에서 이미지 뒤에 쓴 것이 인자가 됩니다. 명령으로 쓰면 셸에서 "
            "실행되고 인자를 받지 않습니다.",
        ),
    ),
    "ENV": Manual(
        "ENV name=value…",
        Text(
            "Sets variables for the steps that follow and for containers of the image. What only the build needs is "
            "better an ARG.",
            "이후 단계와 이미지의 컨테이너에서 쓸 변수를 정합니다. 빌드에만 필요하면 ARG가 낫습니다.",
        ),
    ),
    "EXPOSE": Manual(
        "EXPOSE port[/protocol]…",
        Text(
            "Notes the ports that the program listens on. It publishes none: `run -p` or `-P` does.",
            "프로그램이 듣는 포트를 적어 둡니다. 포트를 여는 것은 `run -p`나 `-P`입니다.",
        ),
    ),
    "FROM": Manual(
        "FROM [--platform=…] image [AS name]",
        Text(
            "Begins a stage on an image, on an earlier stage or on nothing (scratch). Only the last stage and what it "
            "needs become the image.",
            "이미지, 앞의 스테이지, 또는 빈 이미지(scratch)에서 스테이지를 시작합니다. 마지막 스테이지와 그것에 필요한 "
            "것만 이미지가 됩니다.",
        ),
        {"--platform": Text("For which platform the image is wanted.", "어느 플랫폼의 이미지인지 정합니다.")},
    ),
    "HEALTHCHECK": Manual(
        "HEALTHCHECK [flags] CMD command, or HEALTHCHECK NONE",
        Text(
            "How a container is asked whether it is well: exit code 0 is healthy, 1 is not. NONE takes away what the "
            "base image has.",
            "컨테이너가 정상인지 확인하는 방법입니다. 종료 코드 0은 정상, 1은 비정상입니다. NONE은 베이스 이미지의 "
            "설정을 없앱니다.",
        ),
        {
            "--interval": Text("Time between two checks (30s).", "확인 간격 (30s)."),
            "--retries": Text("Failures in a row that make it unhealthy (3).", "비정상으로 볼 연속 실패 횟수 (3)."),
            "--start-interval": Text(
                "Time between two checks while it starts (5s).", "시작하는 동안의 확인 간격 (5s)."
            ),
            "--start-period": Text("How long failures do not count (0s).", "실패를 세지 않는 처음 시간 (0s)."),
            "--timeout": Text("How long a check may take (30s).", "한 번 확인에 허락된 시간 (30s)."),
        },
    ),
    "LABEL": Manual(
        "LABEL name=value…",
        Text(
            "Notes about the image, such as org.opencontainers.image.source.",
            "이미지에 대한 정보를 적습니다. 예: org.opencontainers.image.source.",
        ),
    ),
    "MAINTAINER": Manual(
        "MAINTAINER name",
        Text("Deprecated: write LABEL maintainer=… instead.", "더는 쓰지 않습니다. LABEL maintainer=…로 쓰세요."),
    ),
    "ONBUILD": Manual(
        "ONBUILD instruction",
        Text(
            "Keeps an instruction for later: it runs right after the FROM of a build that begins on this image.",
            "명령을 나중으로 미룹니다. 이 이미지로 시작하는 빌드의 FROM 바로 다음에 실행됩니다.",
        ),
    ),
    "RUN": Manual(
        'RUN [flags] command, or RUN ["program", "argument"…]',
        Text(
            "Runs a command in a new layer, by a shell or as an array. `RUN <<EOF` runs the lines that follow as a "
            "script.",
            "새 레이어에서 명령을 셸로, 또는 배열로 실행합니다. `RUN <<EOF`는 뒤따르는 줄을 스크립트로 실행합니다.",
        ),
        {
            "--device": Text(
                "A device that the step may use. May be repeated.", "단계가 쓸 장치. 여러 번 쓸 수 있습니다."
            ),
            "--mount": Text(
                "Something to see while the step runs: type=bind, cache, tmpfs, secret or ssh. May be repeated.",
                "단계가 실행되는 동안 보일 것: type=bind, cache, tmpfs, secret, ssh. 여러 번 쓸 수 있습니다.",
            ),
            "--network": Text("The step's network: default, none or host.", "단계의 네트워크: default, none, host."),
            "--security": Text("How far the step is shut in: sandbox or insecure.", "단계의 격리: sandbox, insecure."),
        },
    ),
    "SHELL": Manual(
        'SHELL ["program", "argument"…]',
        Text(
            'The shell for the commands that follow, in place of ["/bin/sh", "-c"].',
            '이후의 명령을 실행할 셸입니다. 기본은 ["/bin/sh", "-c"]입니다.',
        ),
    ),
    "STOPSIGNAL": Manual(
        "STOPSIGNAL signal",
        Text("The signal that asks the program to end (SIGTERM).", "프로그램에 끝내라고 보낼 신호입니다 (SIGTERM)."),
    ),
    "USER": Manual(
        "USER user[:group]",
        Text(
            "Who runs the steps that follow, and the containers of the image.",
            "이후 단계와 이미지의 컨테이너를 실행할 사용자입니다.",
        ),
    ),
    "VOLUME": Manual(
        "VOLUME path…",
        Text(
            "Folders that get a volume in every container. What later steps write there is kept in the image only "
            "by the build's own rules: put VOLUME last.",
            "컨테이너마다 볼륨이 되는 폴더입니다. 이후 단계가 그곳에 쓴 것은 남지 않을 수 있으니 VOLUME은 끝에 씁니다.",
        ),
    ),
    "WORKDIR": Manual(
        "WORKDIR path",
        Text(
            "The folder of the steps that follow and of containers; made if it is not there. A relative path goes on "
            "from the last one.",
            "이후 단계와 컨테이너의 작업 폴더입니다. 없으면 만듭니다. 상대 경로는 앞의 WORKDIR에서 이어집니다.",
        ),
    ),
}
