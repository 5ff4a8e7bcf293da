// The life given as the first argument, on the engine of DOCKER_HOST. What it sees it writes as one JSON document; the
// tests compare that. dockerode is found by NODE_PATH.
'use strict';

const Docker = require('dockerode');
const { PassThrough } = require('stream');

const docker = new Docker({ socketPath: process.env.DOCKER_HOST.replace('unix://', '') });
const BUSYBOX = 'busybox:1.35';

function collect(stream) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => resolve(Buffer.concat(chunks)));
    stream.on('error', reject);
  });
}

/** Both streams of one that is multiplexed, as texts, when it has ended. */
async function parted(stream) {
  const out = new PassThrough();
  const err = new PassThrough();
  docker.modem.demuxStream(stream, out, err);
  stream.on('end', () => { out.end(); err.end(); });
  return (await Promise.all([collect(out), collect(err)])).map(String);
}

function followed(stream) {
  return new Promise((resolve) => docker.modem.followProgress(stream, (error, lines) => resolve([error, lines])));
}

/** A tar of one file: a header block, its content, two blocks of zeros. */
function tarOf(name, content) {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(content.length.toString(8).padStart(11, '0') + '\0', 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(sum.toString(8).padStart(6, '0') + '\0 ', 148);
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.write(content);
  return Buffer.concat([header, body, Buffer.alloc(1024)]);
}

/** `docker.run`, until the last of its output has come: what it ended with, its container, and its texts. */
async function run(image, command, outputs, options) {
  const texts = Promise.all(outputs.map(collect));
  const [result, container] = await new Promise((resolve, reject) => {
    const target = outputs.length === 1 ? outputs[0] : outputs;
    const done = (error, ...given) => (error ? reject(error) : resolve(given));
    docker.run(image, command, target, options, done)
      .on('stream', (stream) => stream.on('end', () => outputs.forEach((each) => each.end())));
  });
  return { code: result.StatusCode, container, texts: (await texts).map(String) };
}

function statusOf(promise) {
  return promise.then(() => 'no error', (error) => error.statusCode);
}

const LIVES = {
  async run() {
    const command = ['sh', '-c', 'echo out; echo err >&2; exit 3'];
    const done = await run(BUSYBOX, command, [new PassThrough(), new PassThrough()], { Tty: false });
    const status = (await done.container.inspect()).State.Status;
    await done.container.remove();
    return { code: done.code, texts: done.texts, status };
  },

  async terminal() {
    const { code, texts } = await run(BUSYBOX, ['sh', '-c', 'tty; sleep 1'], [new PassThrough()], { HostConfig: { AutoRemove: true } });
    return { code, texts };
  },

  async exec() {
    const container = await docker.createContainer({ Image: BUSYBOX, Cmd: ['sleep', '600'] });
    await container.start();
    const made = await container.exec({
      Cmd: ['sh', '-c', 'cat; echo end >&2; exit 4'], AttachStdin: true, AttachStdout: true, AttachStderr: true,
    });
    const stream = await made.start({ hijack: true, stdin: true });
    const texts = parted(stream);
    stream.write('to and ');
    stream.end('fro\n');
    const said = await texts;
    const code = (await made.inspect()).ExitCode;
    await container.remove({ force: true });
    return { said, code };
  },

  async attach() {
    const container = await docker.createContainer({
      Image: BUSYBOX, Cmd: ['sh', '-c', 'cat; echo end >&2'], OpenStdin: true, StdinOnce: true,
      AttachStdin: true, AttachStdout: true, AttachStderr: true,
    });
    const stream = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true });
    const texts = parted(stream);
    await container.start();
    stream.end('a line\n');
    const said = await texts;
    const code = (await container.wait()).StatusCode;
    await container.remove();
    return { said, code };
  },

  async life() {
    const container = await docker.createContainer({
      Image: BUSYBOX, Cmd: ['sh', '-c', 'for i in 1 2 3; do echo $i; sleep 0.1; done; exec sleep 600'], name: 'lives',
    });
    await container.start();
    const follow = await container.logs({ follow: true, stdout: true, stderr: true });
    const said = parted(follow);
    const listed = (await docker.listContainers({ filters: { name: ['lives'] } })).map((each) => each.Names);
    await container.pause();
    const paused = (await container.inspect()).State.Paused;
    await container.unpause();
    const stats = await container.stats({ stream: false });
    const top = await container.top();
    await container.update({ Memory: 64 << 20, MemorySwap: 64 << 20 });
    await container.rename({ name: 'lived' });
    const renamed = (await container.inspect()).Name;
    await container.stop({ t: 0 });
    const code = (await container.wait()).StatusCode;
    const text = (await said)[0];
    await container.remove();
    return {
      listed, paused, renamed, code, text, processes: top.Processes.length, counted: stats.pids_stats.current,
      gone: await statusOf(container.inspect()),
    };
  },

  async copies() {
    const container = await docker.createContainer({ Image: BUSYBOX, Cmd: ['cat', '/tmp/file'] });
    await container.putArchive(tarOf('file', 'content\n'), { path: '/tmp' });
    await container.start();
    await container.wait();
    const content = String(await container.logs({ stdout: true })).slice(8);
    const archive = await collect(await container.getArchive({ path: '/tmp/file' }));
    await container.remove();
    return { content, name: String(archive.subarray(0, 4)), archived: String(archive.subarray(512, 520)) };
  },

  async images() {
    const dockerfile = `FROM ${BUSYBOX}\nRUN <<E\necho made > /made\nE\nCMD ["cat", "/made"]\n`;
    const [error, lines] = await followed(await docker.buildImage(tarOf('Dockerfile', dockerfile), { t: 'made:1' }));
    const { texts } = await run('made:1', [], [new PassThrough()], { HostConfig: { AutoRemove: true } });
    const image = docker.getImage('made:1');
    await image.tag({ repo: 'made', tag: '2' });
    const tags = (await image.inspect()).RepoTags.sort();
    const saved = await collect(await image.get());
    await image.remove();
    await docker.getImage('made:2').remove();
    const gone = await statusOf(image.inspect());
    await followed(await docker.loadImage(saved));
    const loaded = (await image.inspect()).RepoTags;
    const broken = await followed(await docker.buildImage(tarOf('Dockerfile', `FROM ${BUSYBOX}\nRUN exit 9\n`), {}));
    return { error, built: lines.some((line) => line.aux), texts, tags, gone, loaded,
      broken: broken[1].map((line) => line.error || '').join('') };
  },

  async buildkit() {
    const dockerfile = `FROM ${BUSYBOX}\nRUN --mount=type=cache,target=/kept echo made > /made\nCMD ["cat", "/made"]\n`;
    const asked = { t: 'kit:1', version: '2' };
    const [error, lines] = await followed(await docker.buildImage(tarOf('Dockerfile', dockerfile), asked));
    const { texts } = await run('kit:1', [], [new PassThrough()]);
    const id = (await docker.getImage('kit:1').inspect()).Id;
    const told = lines.filter((line) => line.id === 'moby.image.id').map((line) => line.aux.ID);
    const failing = tarOf('Dockerfile', `FROM ${BUSYBOX}\nRUN exit 9\n`);
    const broken = await followed(await docker.buildImage(failing, { version: '2' }));
    return { error, texts, isTold: told.length === 1 && told[0] === id,
      isTraced: lines.some((line) => line.id === 'moby.buildkit.trace'),
      broken: broken[1].map((line) => line.error || '').join('') };
  },

  async registry(repository) {
    await docker.getImage(BUSYBOX).tag({ repo: repository, tag: '1' });
    const [pushed, lines] = await followed(await docker.getImage(`${repository}:1`).push());
    await docker.getImage(`${repository}:1`).remove();
    const [pulled] = await followed(await docker.pull(`${repository}:1`));
    const tags = (await docker.getImage(`${repository}:1`).inspect()).RepoTags;
    return { pushed, pulled, digest: lines.filter((line) => line.aux).map((line) => line.aux.Digest)[0], tags };
  },

  async networks() {
    const network = await docker.createNetwork({ Name: 'of-tests', Driver: 'bridge' });
    const volume = await docker.createVolume({ Name: 'data' });
    const container = await docker.createContainer({
      Image: BUSYBOX, Cmd: ['sleep', '600'], name: 'member', HostConfig: { NetworkMode: 'of-tests', Binds: ['data:/data'] },
    });
    await container.start();
    const members = Object.values((await network.inspect()).Containers).map((each) => each.Name);
    const held = await statusOf(docker.getVolume('data').remove());
    await container.remove({ force: true });
    await docker.getVolume('data').remove();
    await network.remove();
    return { volume: volume.Name || volume.name, members, held, gone: await statusOf(network.inspect()) };
  },

  async events() {
    const stream = await docker.getEvents({ filters: { type: ['container'] } });
    const seen = [];
    const last = new Promise((resolve) => {
      let rest = '';
      stream.on('data', (chunk) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop();
        for (const line of lines.filter((each) => each.trim())) {
          seen.push(JSON.parse(line).Action);
          if (seen[seen.length - 1] === 'destroy') resolve();
        }
      });
    });
    const container = await docker.createContainer({ Image: BUSYBOX, Cmd: ['true'] });
    await container.start();
    await container.wait();
    await container.remove();
    await last;
    stream.destroy();
    return seen;
  },
};

LIVES[process.argv[2]](...process.argv.slice(3)).then(
  (seen) => console.log(JSON.stringify(seen)),
  (error) => { console.error(error); process.exit(1); },
);
