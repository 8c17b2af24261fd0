"""The packages: the tarball in a root that holds glibc and nothing else, and the Debian package."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

import lantern_cli
from lantern_cli import PATIENCE_S, free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "models/tiny/lantern-tiny-q8_0.gguf"
TOOLS = ("dpkg-deb", "dpkg-shlibdeps", "objdump", "strip", "unshare", "chroot")
# A new mount namespace, so that what is mounted goes with the process. Everything keeps its pid.
ENTER = 'mount --rbind /proc "$0/proc" && mount --bind /dev/null "$0/dev/null" && ' \
        'exec chroot "$0" "$@"'


def package(out, *flags):
    """Runs scripts/package on the command under test; returns the file that it made."""
    done = subprocess.run(
        [ROOT / "scripts/package", "--binary", os.environ["LANTERN_BINARY"], "--out", out, *flags],
        check=True, timeout=PATIENCE_S, stdout=subprocess.PIPE, text=True)
    return pathlib.Path(done.stdout.splitlines()[-1])


def unshare():
    """The command that gives a process mounts of its own, or None where that is not allowed."""
    for command in (["unshare", "--mount"], ["unshare", "--mount", "--map-root-user"]):
        trial = ["sh", "-c", "mount --rbind /proc /proc && chroot / true"]
        if subprocess.run([*command, *trial], capture_output=True, check=False).returncode == 0:
            return command
    return None


def glibc_files(binary):
    """The loader and the libraries of the system's glibc that `binary` may be loaded with."""
    loaded = subprocess.run(["ldd", binary], check=True, capture_output=True, text=True).stdout
    loader = pathlib.Path(re.search(r"\t(/\S*ld-linux\S*)", loaded)[1])
    libc = pathlib.Path(re.search(r"libc\.so\.6 => (\S+)", loaded)[1])
    names = ("libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1",
             "libresolv.so.2")
    return [loader, *(libc.with_name(name) for name in names)]


def setUpModule():
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        raise unittest.SkipTest(f"without {', '.join(missing)} no package can be made and tried")


class TarballTest(lantern_cli.CliTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unshare = unshare()
        if not cls.unshare:
            raise unittest.SkipTest("neither root nor user namespaces: no root to try it in")
        cls.tarball = package(cls.folder / "dist")
        cls.model = cls.synth("tiny.gguf")
        cls.root = cls.folder / "root"
        for folder in ("proc", "dev", "tmp", "etc"):
            (cls.root / folder).mkdir(parents=True)
        (cls.root / "dev/null").touch()
        for file in glibc_files(cls.lantern):
            target = cls.root / file.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
        subprocess.run(["tar", "-xzf", cls.tarball, "-C", cls.root], check=True)
        cls.home = "/" + next(cls.root.glob("lantern-*")).name
        shutil.copy(cls.folder / cls.model, cls.root / "tmp")

    def bare(self, *arguments):
        """The command line that runs the packed command in the bare root."""
        return [*self.unshare, "sh", "-c", ENTER, self.root, self.home + "/lantern", *arguments]

    def run_bare(self, *arguments, stdin=""):
        done = subprocess.run(list(map(str, self.bare(*arguments))), env={}, input=stdin,
                              capture_output=True, timeout=PATIENCE_S, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def worker(self, *arguments):
        return lantern_cli.Running(list(map(str, self.bare("worker", *arguments))), self.folder,
                                   {"PATH": os.environ["PATH"]})

    def test_nothing_but_glibc_is_taken_from_the_system(self):
        loaded = subprocess.run(
            [*self.unshare, "sh", "-c", ENTER, self.root, glibc_files(self.lantern)[0], "--list",
             self.home + "/lantern"], check=True, capture_output=True, text=True).stdout
        self.assertNotIn("not found", loaded)
        own = self.root.joinpath(self.home[1:], "lib")
        taken = {pathlib.Path(path).name for path in re.findall(r"=> (/\S+)", loaded)
                 if not path.startswith(self.home)}
        self.assertIn("libc.so.6", taken)
        self.assertFalse(taken & {file.name for file in own.iterdir()}, loaded)

    def test_it_says_what_it_is_and_what_a_model_is(self):
        self.assertEqual(self.run_bare("--version").stdout, self.succeed("--version").out)
        self.assertEqual(self.run_bare("inspect", "/tmp/" + self.model, "--json").stdout,
                         self.succeed("inspect", self.model, "--json").out
                         .replace(self.model, "/tmp/" + self.model))

    def test_chat_without_terminfo_and_locales(self):
        said = self.run_bare("chat", "/tmp/" + self.model, "-n", "3", stdin="Hello\n/quit\n")
        self.assertTrue(said.stdout)

    def test_the_model_that_comes_along(self):
        said = self.run_bare("chat", f"{self.home}/{MODEL.name}", "--temp", "0",
                             stdin="What is 17 + 25?\n/quit\n")
        self.assertIn("42", said.stdout)

    def test_a_worker_joins_a_leader_outside(self):
        command = ["run", self.model, "-p", "Good morning", "-n", 5]
        alone = self.json_of(*command)
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        for host in ("127.0.0.1", "localhost"):
            port = free_port()
            with self.subTest(host=host), \
                    self.worker("--join", f"{host}:{port}", "--once", "--cache", "/tmp/cache",
                                *lantern_cli.WORKER_FLAGS) as worker:
                answer = self.json_of(*command, "--workers", 1, "--listen", f"127.0.0.1:{port}",
                                      *lantern_cli.LEADER_FLAGS)
                self.assertEqual(worker.wait(PATIENCE_S), 0, worker.err)
                self.assertEqual(answer["layout"], {"tp": 2, "pp": 1, "ranks": 2})
                self.assertEqual(answer["logits_hash"], alone["logits_hash"])

    def test_licences_of_everything(self):
        folder = self.root / self.home[1:] / "licenses"
        self.assertEqual((folder / "lantern.txt").read_text(), (ROOT / "LICENSE").read_text())
        sources = (folder / "SOURCES").read_text().splitlines()
        self.assertEqual([line.split()[0] for line in sources],
                         sorted(file.name for file in (folder.parent / "lib").iterdir()))
        self.assertGreater(len(list(folder.glob("*.txt"))), 10)
        self.assertTrue((folder / "common-licenses/LGPL-2.1").is_file())

    def test_the_same_bytes_again(self):
        again = package(self.folder / "again")
        self.assertEqual(again.name, self.tarball.name)
        self.assertEqual(again.read_bytes(), self.tarball.read_bytes())


class DebTest(lantern_cli.CliTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deb = package(cls.folder / "dist", "--deb")
        cls.tree = cls.folder / "tree"
        subprocess.run(["dpkg-deb", "--raw-extract", cls.deb, cls.tree], check=True)

    def test_what_it_says_of_itself(self):
        def field(name):
            return subprocess.run(["dpkg-deb", "--field", self.deb, name], check=True,
                                  capture_output=True, text=True).stdout.strip()
        self.assertEqual(field("Package"), "lantern")
        self.assertIn("lantern " + field("Version"), self.succeed("--version").out)
        for library in ("libc6 (>= 2.", "libgloo", "libzmq5", "libstdc++6"):
            self.assertIn(library, field("Depends"))
        self.assertEqual(field("Suggests"), "libopenblas0, libdnnl2")  # --gemm loads them
        self.assertEqual((self.tree / "DEBIAN/conffiles").read_text(),
                         "/etc/lantern/worker.conf\n")

    def test_its_command_runs_with_the_libraries_of_the_system(self):
        command = self.tree / "usr/bin/lantern"
        headers = subprocess.run(["objdump", "-p", command], check=True, capture_output=True,
                                 text=True).stdout
        self.assertNotRegex(headers, "RPATH|RUNPATH")
        said = subprocess.run([command, "--version"], check=True, capture_output=True, text=True)
        self.assertEqual(said.stdout, self.succeed("--version").out)

    def test_it_brings_the_model(self):
        packed = self.tree / "usr/share/lantern" / MODEL.name
        self.assertEqual(packed.read_bytes(), MODEL.read_bytes())

    def test_its_scripts_are_shell(self):
        for script in ("postinst", "prerm", "postrm"):
            subprocess.run(["sh", "-n", self.tree / "DEBIAN" / script], check=True)

    def test_systemd_accepts_the_unit(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("no systemd-analyze here")
        unit = self.folder / "lantern-worker.service"
        text = (self.tree / "lib/systemd/system/lantern-worker.service").read_text()
        # It looks for the command and the settings in this machine's folders.
        unit.write_text(text.replace("/usr/bin/lantern", str(self.tree / "usr/bin/lantern"))
                        .replace("/etc/lantern", str(self.tree / "etc/lantern")))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], check=False,
                              capture_output=True, text=True, timeout=PATIENCE_S)
        said = [line for line in done.stderr.splitlines() if "lantern" in line]
        self.assertEqual((done.returncode, said), (0, []), done.stderr)

    def test_the_same_bytes_again(self):
        again = package(self.folder / "again", "--deb")
        self.assertEqual(again.read_bytes(), self.deb.read_bytes())


if __name__ == "__main__":
    lantern_cli.main()
