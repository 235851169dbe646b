"""Folders in the format of MNIST: what is read, in how much memory, and what is refused."""

from __future__ import annotations

import contextlib
import gzip
import os
import time
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import IMAGES, LABELS, folder_of, idx, some

from engine.data.formats import idx as reader
from engine.data.formats import memory
from engine.data.formats.arrays import STEPS
from engine.errors import LabError

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


def refused(folder):
    """Return what is said of a folder, which has to be said at once and in a line."""
    started = time.process_time()
    with pytest.raises(LabError) as error:
        reader.read(folder)
    assert time.process_time() - started < 1
    assert "\n" not in str(error.value)
    assert str(folder) in error.value.where
    assert error.value.hint
    return str(error.value)


# --- what is read -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("with_test", [False, True])
def test_pictures_come_back_as_they_are(tmp_path, packed, with_test):
    train, test = some(30, 5, 7), some(12, 5, 7, seed=1) if with_test else None
    found = reader.read(folder_of(tmp_path, train, test, packed))
    parts = [train, test] if with_test else [train]
    pictures = np.concatenate([part[0] for part in parts])
    assert found.features.dtype == np.uint8
    np.testing.assert_array_equal(found.features, pictures.reshape(len(pictures), -1))
    np.testing.assert_array_equal(found.targets, np.concatenate([part[1] for part in parts]))
    assert found.image_shape == (5, 7)
    assert found.feature_names[2 * 7 + 3] == "pixel-2-3"
    assert len(found.feature_names) == 35
    assert found.target_names == ("label",)
    assert found.test_rows == (12 if with_test else 0)
    assert found.notes == ()


def test_the_older_names_with_a_dot_are_known(tmp_path):
    pictures, labels = some(6, 3, 3)
    (tmp_path / "train-images.idx3-ubyte").write_bytes(idx(pictures))
    (tmp_path / "train-labels.idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
    np.testing.assert_array_equal(reader.read(tmp_path).features, pictures.reshape(6, 9))


def test_a_download_that_a_browser_unpacked_is_read_whatever_its_name_says(tmp_path):
    pictures, labels = some(6, 3, 3)
    (tmp_path / f"{TRAIN_IMAGES}.gz").write_bytes(idx(pictures))
    (tmp_path / TRAIN_LABELS).write_bytes(gzip.compress(idx(labels)))
    np.testing.assert_array_equal(reader.read(tmp_path).targets, labels)


def test_of_two_files_of_one_name_the_plain_one_is_read_and_that_is_said(tmp_path):
    folder_of(tmp_path, some(6, 3, 3, seed=1), packed=True)
    folder_of(tmp_path, some(6, 3, 3))
    found = reader.read(tmp_path)
    np.testing.assert_array_equal(found.features, some(6, 3, 3)[0].reshape(6, 9))
    assert found.notes == tuple(f"{name} is read, and not {name}.gz beside it" for name in (TRAIN_IMAGES, TRAIN_LABELS))


@pytest.mark.parametrize("packed", [False, True])
def test_memory_holds_the_pictures_once_and_progress_is_told_in_steps(tmp_path, packed):
    folder_of(tmp_path, some(12_000), some(3_000, seed=1), packed)
    told = []
    tracemalloc.start()
    found = reader.read(tmp_path, told.append)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < found.features.nbytes + 6 * 2**20
    assert len(told) <= STEPS
    assert told == sorted(told)
    assert 0 < told[0] < 0.5
    assert told[-1] == 1


# --- what is refused --------------------------------------------------------------------------------------------------


def lying(shape, magic=IMAGES):
    return idx(np.zeros(8), magic, shape)


WHOLE = {TRAIN_IMAGES: idx(np.zeros((4, 3, 3))), TRAIN_LABELS: idx(np.zeros(4))}
PACKED = gzip.compress(idx(np.arange(36).reshape(4, 3, 3)))
REFUSED = {
    "labels for pictures": (
        {TRAIN_IMAGES: idx(np.zeros(4))},
        "begins with 0x00000801, and a file of images with 0x00000803: it holds labels",
    ),
    "pictures for labels": ({TRAIN_LABELS: idx(np.zeros((4, 3, 3)))}, "0x00000803, and a file of labels"),
    "another type of numbers": ({TRAIN_IMAGES: lying((4, 3, 3), 0xD03)}, "begins with 0x00000d03"),
    "text": ({TRAIN_LABELS: b"label\n1\n2\n"}, "begins with 0x6c616265"),
    "empty": ({TRAIN_IMAGES: b""}, "has 0 bytes, and a header alone has 16"),
    "half a header": ({TRAIN_IMAGES: WHOLE[TRAIN_IMAGES][:9]}, "has 9 bytes, and a header alone has 16"),
    "short": ({TRAIN_IMAGES: WHOLE[TRAIN_IMAGES][:-1]}, "has 51 bytes, and needs 52: its header says 4 × 3 × 3"),
    "long": ({TRAIN_IMAGES: WHOLE[TRAIN_IMAGES] + b"x"}, "has 53 bytes, and needs 52"),
    "short labels": ({TRAIN_LABELS: WHOLE[TRAIN_LABELS][:-1]}, "has 11 bytes, and needs 12"),
    "absurd": ({TRAIN_IMAGES: lying((2**31, 65535, 65535))}, "pictures that are too large"),
    "many rows": ({TRAIN_IMAGES: lying((2**31, 300, 300))}, "and needs 193,273,528,320,016"),
    "many labels": ({TRAIN_LABELS: lying((2**32 - 1,), LABELS)}, "needs 4,294,967,303"),
    "absurd, packed": ({TRAIN_IMAGES: gzip.compress(lying((2**31, 300, 300)))}, "packed bytes, and needs"),
    "none": ({TRAIN_IMAGES: idx(np.zeros((0, 3, 3))), TRAIN_LABELS: idx(np.zeros(0))}, "holds no images"),
    "pictures of nothing": ({TRAIN_IMAGES: idx(np.zeros((4, 0, 3)))}, "holds no images: its header says 4 × 0 × 3"),
    "other labels": ({TRAIN_LABELS: idx(np.zeros(5))}, f"has 5 labels, and {TRAIN_IMAGES} has 4 pictures"),
    "other test labels": ({TEST_IMAGES: idx(np.zeros((2, 3, 3))), TEST_LABELS: idx(np.zeros(1))}, "has 1 labels"),
    "other test pictures": (
        {TEST_IMAGES: idx(np.zeros((2, 2, 3))), TEST_LABELS: idx(np.zeros(2))},
        f"has pictures of 2 × 3, and {TRAIN_IMAGES} of 3 × 3",
    ),
    "a packed file cut off": ({TRAIN_IMAGES: PACKED[:-12]}, "breaks off within its packed data"),
    "without its checksum": ({TRAIN_IMAGES: PACKED[:-8]}, "breaks off within its packed data"),
    "a wrong checksum": ({TRAIN_IMAGES: PACKED[:-8] + b"1234" + PACKED[-4:]}, "is damaged: Error -3"),
    "damaged": ({TRAIN_IMAGES: PACKED[:12] + b"\xff\xff\xff" + PACKED[15:]}, "is damaged"),
    "more after the packed data": ({TRAIN_IMAGES: PACKED + b"more"}, "goes on after the end of its packed data"),
    "short, packed": ({TRAIN_IMAGES: gzip.compress(WHOLE[TRAIN_IMAGES][:-1])}, "ends after 51 of 52 bytes"),
    "long, packed": ({TRAIN_IMAGES: gzip.compress(WHOLE[TRAIN_IMAGES] + b"x")}, "holds more than the 52 bytes"),
    "a name without end": (
        {TRAIN_IMAGES: b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * (8 << 20)},
        "packed bytes hold nothing",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_files_are_refused(tmp_path, name):
    files, says = REFUSED[name]
    for file, content in (WHOLE | files).items():
        (tmp_path / file).write_bytes(content)
    assert says in refused(tmp_path)


def test_a_bomb_is_left_after_one_byte_too_many(tmp_path):
    folder_of(tmp_path, some(4, 3, 3))
    pack = zlib.compressobj(9, wbits=31)
    data = pack.compress(idx(np.zeros((4, 3, 3)))) + pack.compress(bytes(1 << 28)) + pack.flush()
    (tmp_path / TRAIN_IMAGES).write_bytes(data)
    tracemalloc.start()
    said = refused(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "holds more than the 52 bytes" in said
    assert peak < 1 << 23


def test_what_does_not_fit_into_memory_is_refused_before_it_is_read(tmp_path, monkeypatch):
    folder_of(tmp_path, some(400), packed=True)
    monkeypatch.setattr(memory, "free_bytes", lambda: 1 << 17)
    assert "would take 0 MB of memory, and 0 MB are free" in refused(tmp_path)
    monkeypatch.setattr(memory, "free_bytes", lambda: None)
    assert len(reader.read(tmp_path).targets) == 400


@pytest.mark.parametrize("missing", [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS])
def test_a_missing_partner_is_named(tmp_path, missing):
    folder_of(tmp_path, some(4, 3, 3), some(2, 3, 3))
    (tmp_path / missing).unlink()
    assert f"holds no {missing};" in refused(tmp_path)


@pytest.mark.parametrize("name", ["fifo", "folder", "link to nothing", "link to itself", "unreadable"])
def test_what_is_no_file_is_refused_at_once(tmp_path, name):
    folder_of(tmp_path, some(4, 3, 3))
    path = tmp_path / TRAIN_IMAGES
    path.unlink()
    if name == "fifo":
        os.mkfifo(path)
    elif name == "folder":
        path.mkdir()
    elif name == "unreadable":
        if os.geteuid() == 0:
            pytest.skip("nothing is unreadable to root")
        path.write_bytes(WHOLE[TRAIN_IMAGES])
        path.chmod(0)
    else:
        path.symlink_to("nothing" if name == "link to nothing" else path.name)
    says = {"fifo": "not a plain file", "folder": "is a folder", "unreadable": "Permission denied"}
    assert says.get(name, "is a link to nothing") in refused(tmp_path)


def test_what_is_no_folder_of_pictures_is_refused(tmp_path):
    assert f"holds no {TRAIN_IMAGES} and no {TRAIN_LABELS}" in refused(tmp_path)
    file = tmp_path / "file"
    file.write_text("")
    assert "is no folder" in refused(file)
    assert "is not there" in refused(tmp_path / "none")
    assert "is not there" in refused(tmp_path / "a\0b")


@given(st.data())
def test_a_damaged_file_gives_arrays_or_says_what_is_wrong(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("pictures")
    folder_of(folder, some(5, 3, 4), some(3, 3, 4), packed=data.draw(st.booleans()))
    path = data.draw(st.sampled_from(sorted(folder.iterdir())))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))])
    with contextlib.suppress(LabError):
        found = reader.read(folder)
        assert found.features.shape == (8, 12)
        assert found.targets.shape == (8,)
