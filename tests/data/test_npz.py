"""Files of arrays: which array is what, what is loaded, and what is refused before it is."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import struct
import time
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.formats import archive, memory, npy
from engine.data.formats.npz import read
from engine.errors import KeyProblem, LabError

X, Y = np.arange(12.0).reshape(4, 3), np.array([0, 1, 0, 1])


@pytest.fixture
def save(tmp_path):
    def write(packed=False, **arrays):
        path = tmp_path / "mine.npz"
        (np.savez_compressed if packed else np.savez)(path, **arrays)
        return path

    return write


@pytest.fixture
def put(tmp_path):
    """Write a zip file of given members, bytes each."""

    def write(members, method=zipfile.ZIP_DEFLATED):
        path = tmp_path / "mine.npz"
        with zipfile.ZipFile(path, "w", method) as file:
            for name, content in members.items():
                file.writestr(name, content)
        return path

    return write


def npy_of(values):
    file = io.BytesIO()
    np.save(file, np.asarray(values))
    return file.getvalue()


def header(text, version=(1, 0), length=None):
    """Return the beginning of a .npy file with any header."""
    body = text.encode("latin-1") + b"\n"
    count = len(body) if length is None else length
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version == (1, 0) else "<I", count) + body


def refused(path, target=None):
    """Return what is said of a file, which has to be said at once, in a line, and without loading it."""
    started = time.process_time()
    tracemalloc.start()
    with pytest.raises(LabError) as error:
        read(path, target)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.process_time() - started < 1
    assert peak < 1 << 23
    assert "\n" not in str(error.value)
    assert error.value.where == str(path)
    assert error.value.hint
    return str(error.value)


# --- which array is what ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "names", [("x", "y"), ("X", "y"), ("features", "targets"), ("Features", "Target"), ("data", "target")]
)
def test_pairs_are_known_by_their_names(save, names, packed):
    found = read(save(packed, **dict(zip(names, (X, Y), strict=True))))
    np.testing.assert_array_equal(found.features, X)
    np.testing.assert_array_equal(found.targets, Y)
    assert (found.features.dtype, found.targets.dtype) == (X.dtype, Y.dtype)
    assert found.feature_names == tuple(f"{names[0]}-{column}" for column in range(3))
    assert found.target_names == (names[1],)
    assert (found.image_shape, found.test_rows, found.notes) == (None, 0, ())


def test_the_form_of_keras_has_its_test_rows_last(save):
    rng = np.random.default_rng(0)
    train, test = (rng.integers(0, 256, (rows, 4, 5), dtype=np.uint8) for rows in (6, 3))
    path = save(packed=True, x_train=train, y_train=np.arange(6, dtype=np.uint8), x_test=test, y_test=np.arange(3))
    found = read(path)
    assert found.features.dtype == np.uint8
    np.testing.assert_array_equal(found.features, np.concatenate([train, test]).reshape(9, 20))
    np.testing.assert_array_equal(found.targets, [0, 1, 2, 3, 4, 5, 0, 1, 2])
    assert found.test_rows == 3
    assert found.image_shape == (4, 5)
    assert found.feature_names[1 * 5 + 2] == "pixel-1-2"
    assert found.target_names == ("y",)


def test_a_test_part_without_targets_is_left_out_and_that_is_said(save):
    found = read(save(x_train=X, y_train=Y, x_test=X, ids=np.arange(9)))
    assert found.test_rows == 0
    assert found.notes == ("left out: x_test (4, 3) float64, ids (9,) int64",)


@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 3), (4, 2, 3), (4, 2, 3, 1)])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["u1", "<i2", ">i4", "<f2", ">f4", "<f8", "?"])
def test_shapes_types_and_orders_come_back(save, shape, order, dtype):
    values = np.asarray(np.random.default_rng(1).integers(0, 2, shape), dtype=dtype, order=order)
    found = read(save(x=values, y=Y))
    np.testing.assert_array_equal(found.features, values.reshape(4, -1))
    assert found.features.dtype == values.dtype.newbyteorder("=")
    assert found.image_shape == ((2, 3) if len(shape) > 2 else None)


def test_a_named_target_leaves_the_rest_as_features(save):
    arrays = {"size": X, "age": np.array([1, 2, 3, 4], dtype=np.int16), "price": Y * 2.5, "years": np.arange(9)}
    found = read(save(**arrays), "price")
    np.testing.assert_array_equal(found.features, np.column_stack([X, arrays["age"]]))
    assert found.feature_names == ("size-0", "size-1", "size-2", "age")
    np.testing.assert_array_equal(found.targets, Y * 2.5)
    assert found.notes == ("left out: years (9,) int64",)
    assert read(save(x=X, y=Y, z=Y), "x").target_names == ("x-0", "x-1", "x-2")


def test_a_picture_beside_other_features_is_none(save):
    found = read(save(photo=np.zeros((4, 2, 2), np.uint8), age=np.arange(4.0), y=Y), "y")
    assert found.image_shape is None
    assert found.feature_names == ("photo-0-0", "photo-0-1", "photo-1-0", "photo-1-1", "age")
    assert found.features.dtype == np.float64


@pytest.mark.parametrize("texts", [["no", "yes", "né", "漢字"], [b"no", b"yes", b"", b"a"]])
def test_targets_may_be_texts(save, texts):
    assert read(save(x=X, y=np.array(texts))).targets.tolist() == texts


def test_what_is_no_number_is_the_callers_business(save):
    assert np.isnan(read(save(x=np.full((4, 2), np.nan), y=Y)).features).all()


def test_the_format_of_long_headers_is_read(put):
    file = io.BytesIO()
    np.lib.format.write_array(file, X, version=(2, 0))
    np.testing.assert_array_equal(read(put({"x.npy": file.getvalue(), "y.npy": npy_of(Y)})).features, X)


def test_memory_holds_the_array_once(save):
    path = save(x=np.zeros((4_000, 1_000)), y=np.zeros(4_000))
    tracemalloc.start()
    found = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < found.features.nbytes + 8 * 2**20


UNCLEAR = {
    "no pair": ({"a": X, "b": Y}, None, "is not to be told from the names: there are a (4, 3) float64, b (4,) int64"),
    "two pairs": ({"x": X, "y": Y, "data": X, "target": Y}, None, "could be x with y or data with target"),
    "two spellings": ({"x": X, "X": X, "y": Y}, None, "could be x with y or X with y"),
    "train and whole": (
        {"x": X, "y": Y, "x_train": X, "y_train": Y},
        None,
        "could be x with y or x_train with y_train",
    ),
    "no such array": ({"x": X, "label": Y}, "labels", "did you mean label?"),
    "nothing beside it": ({"x": X, "y": np.arange(3)}, "y", "no other array has as many rows"),
    "one array": ({"x": X}, None, "there are x (4, 3) float64"),
}


@pytest.mark.parametrize("name", UNCLEAR)
def test_what_has_no_reading_or_several_asks_for_the_target(save, name):
    arrays, target, says = UNCLEAR[name]
    path = save(**arrays)
    with pytest.raises(KeyProblem) as error:
        read(path, target)
    assert error.value.key == "data.target"
    assert says in refused(path, target)


UNFIT = {
    "objects": ({"x": np.array([{}, None, 1, 2]), "y": Y}, "array x (4,) of Python objects holds Python objects"),
    "object targets": ({"x": X, "y": np.array([{}, 1, 2, 3])}, "holds Python objects: these are never loaded"),
    "complex": ({"x": X * 1j, "y": Y}, "holds complex numbers"),
    "texts": ({"x": np.array(list("abcd")), "y": Y}, "holds text: only numbers can be features"),
    "days": ({"x": X, "y": np.arange(4).astype("datetime64[D]")}, "holds dates"),
    "durations": ({"x": np.arange(4).astype("timedelta64[s]"), "y": Y}, "holds durations"),
    "records": ({"x": np.zeros(4, [("a", int), ("b", float)]), "y": Y}, "holds records"),
    "records with strange names": ({"x": np.zeros(4, [("漢", int)]), "y": Y}, "has version 3.0 of the .npy format"),
    "rows": ({"x": X, "y": np.arange(5)}, "array x (4, 3) float64 has 4 rows, and y has 5"),
    "colours": ({"x": np.zeros((4, 2, 2, 3)), "y": Y}, "is neither (rows, columns) nor (rows, height, width)"),
    "a number": ({"x": np.float64(1), "y": Y}, "has 0 rows, and y has 4"),
    "nothing": ({"x": np.zeros((0, 3)), "y": np.zeros(0)}, "is empty"),
    "no columns": ({"x": np.zeros((4, 0)), "y": Y}, "is empty"),
    "deep targets": ({"x": X, "y": np.zeros((4, 2, 2))}, "too many dimensions for a target"),
    "wide": ({"x": np.zeros((1, 100_001), np.uint8), "y": np.zeros(1)}, "has 100,001 features"),
    "another test shape": ({"x_train": X, "y_train": Y, "x_test": X[:, :2], "y_test": Y}, "cannot stand below x_train"),
    "other test targets": ({"x_train": X, "y_train": Y, "x_test": X, "y_test": np.array(list("abcd"))}, "y_test"),
    "test rows": ({"x_train": X, "y_train": Y, "x_test": X, "y_test": Y[:2]}, "has 4 rows, and y_test has 2"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNFIT)
@pytest.mark.filterwarnings("ignore:Stored array in format 3.0")
def test_arrays_that_cannot_be_are_named(save, name):
    arrays, says = UNFIT[name]
    assert says in refused(save(**arrays))


def test_two_columns_of_one_name_are_refused(save):
    assert "two columns that would be called a-1" in refused(save(**{"a": X, "a-1": Y, "y": Y}), "y")


def test_objects_that_are_not_needed_are_left_out(save):
    found = read(save(x=X, y=Y, info=np.array([{}])))
    assert found.notes == ("left out: info (1,) of Python objects",)


# --- files that are damaged or mean harm ------------------------------------------------------------------------------


class Harm:
    def __reduce__(self):
        return os.mkdir, ("harmed",)


def test_no_pickle_is_ever_loaded(tmp_path, put, save, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in (put({"x.npy": pickle.dumps(Harm()), "y.npy": npy_of(Y)}), save(x=np.array([Harm()] * 4), y=Y)):
        refused(path)
    plain = tmp_path / "plain.npz"
    plain.write_bytes(pickle.dumps(Harm()))
    assert "is a pickle, which is never loaded" in refused(plain)
    assert not (tmp_path / "harmed").exists()


def test_what_is_no_npz_is_refused(tmp_path):
    path = tmp_path / "mine.npz"
    for content, says in [
        (npy_of(X), "is one array, a .npy file"),
        (b"", "is no .npz file"),
        (b"x,y\n1,2\n", "is no .npz file"),
        (b"PK\x03\x04 and no more", "is damaged"),
    ]:
        path.write_bytes(content)
        assert says in refused(path)
    path.unlink()
    os.mkfifo(path)
    assert "is not a plain file" in refused(path)
    assert "is a folder" in refused(tmp_path)
    assert "No such file" in refused(tmp_path / "none.npz")
    assert "is no path" in refused(tmp_path / "a\0b.npz")


HEAD = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }"
BAD_ARRAYS = {
    "more than there is": (header(HEAD % ("<f8", "(1099511627776,)")), "takes 8,796,093,022,208 bytes by its header"),
    "a little more": (npy_of(Y)[:-8], "takes 32 bytes by its header, (4,) <i8, and has 24"),
    "less than there is": (npy_of(Y) + b"more", "takes 32 bytes by its header, (4,) <i8, and has 36"),
    "rows of nothing": (header(HEAD % ("|S0", "(4,)")), "is empty"),
    "many rows of nothing": (header(HEAD % ("|S0", "(4611686018427387904,)")), "y has 4,611,686,018,427,387,904"),
    "below zero": (header(HEAD % ("<f8", "(-4,)")), "a header that cannot be: (-4,)"),
    "a huge header": (header("(" * 9, length=60_000), "has a header of 60,000 bytes"),
    "a huger header": (header("(" * 9, (2, 0), 2**32 - 1), "has a header of 4,294,967,295 bytes"),
    "a short header": (header(HEAD % ("<f8", "(4,)"), length=9_000)[:40], "has a header that cannot be read"),
    "a deep header": (header("(" * 9_000), "has a header that cannot be read"),
    "a long sum": (header("-" * 9_000 + "1"), "has a header that cannot be read"),
    "code": (header("__import__('os').mkdir('harmed')"), "has a header that cannot be read"),
    "no dictionary": (header("[1, 2]"), "has a header that cannot be read"),
    "other keys": (header("{'descr': '<f8'}"), "has a header that cannot be read"),
    "unlike keys": (header("{1: 2, 'a': 3}"), "has a header that cannot be read"),
    "a bad type": (header(HEAD % ("<q9", "(4,)")), "has a header that cannot be read"),
    "an old version": (header(HEAD % ("<f8", "(4,)"), (0, 9)), "has version 0.9 of the .npy format"),
    "a new version": (header(HEAD % ("<f8", "(4,)"), (4, 0)), "has version 4.0 of the .npy format"),
    "no text": (header(HEAD % ("<U1", "(1,)")) + b"\xff" * 4, "holds what is no text"),
    "nothing": (b"", "does not begin as a .npy file does"),
    "a picture": (b"\x89PNG\r\n\x1a\n" * 9, "does not begin as a .npy file does"),
}


@pytest.mark.parametrize("name", BAD_ARRAYS)
def test_bad_headers_are_refused(put, name):
    content, says = BAD_ARRAYS[name]
    rows = 1 if name == "no text" else 4
    assert says in refused(put({"x.npy": npy_of(np.zeros(rows)), "y.npy": content}))


def test_a_header_of_python_2_is_read(put):
    old = header("{'descr': '<i8', 'fortran_order': False, 'shape': (4L,), }") + Y.tobytes()
    assert read(put({"x.npy": npy_of(X), "y.npy": old})).targets.tolist() == Y.tolist()


def test_a_truth_value_is_true_or_false(put):
    odd = header(HEAD % ("|b1", "(4,)")) + b"\x00\x01\x02\xff"
    assert read(put({"x.npy": odd, "y.npy": npy_of(Y)})).features.ravel().view(np.uint8).tolist() == [0, 1, 1, 1]


@pytest.mark.parametrize("name", ["/x.npy", "../x.npy", "a/../../x.npy", "..\\x.npy", "C:x.npy"])
def test_names_that_lead_out_are_refused(put, name):
    assert "has a name that leads out of the file" in refused(put({name: npy_of(X), "y.npy": npy_of(Y)}))


def patched(path, signature, offset, value):
    """Write a value into the first entry of the directory."""
    content = bytearray(path.read_bytes())
    start = content.index(signature) + offset
    content[start : start + len(value)] = value
    path.write_bytes(content)
    return path


DIRECTORY = b"PK\x01\x02"


def test_encrypted_and_strangely_packed_members_are_refused(put):
    members = {"x.npy": npy_of(X), "y.npy": npy_of(Y)}
    assert "member x.npy is encrypted" in refused(patched(put(members), DIRECTORY, 8, b"\x01\x00"))
    assert "is packed by method 14" in refused(put(members, zipfile.ZIP_LZMA))


def test_a_size_that_is_not_the_real_one_is_refused(put):
    members = {"x.npy": npy_of(np.random.default_rng(2).random((4, 3_000))), "y.npy": npy_of(Y)}
    size = len(members["x.npy"])
    assert "takes 96,000 bytes by its header" in refused(
        patched(put(members), DIRECTORY, 24, struct.pack("<I", 50_000))
    )
    longer = members | {"x.npy": npy_of(np.random.default_rng(2).random((4, 6_000)))[:size]}
    path = patched(put(longer), DIRECTORY, 24, struct.pack("<I", size + 4 * 3_000 * 8))
    assert "breaks off" in refused(path)


def test_a_wrong_checksum_is_refused(put):
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        path = put({"x.npy": npy_of(X), "y.npy": npy_of(Y)}, method)
        assert "is damaged: Bad CRC-32 for file 'x.npy'" in refused(patched(path, DIRECTORY, 16, b"abcd"))


def test_a_bomb_is_refused_unopened(put):
    path = put({"x.npy": header(HEAD % ("<f8", "(4, 4000000)")) + bytes(128_000_000), "y.npy": npy_of(Y)})
    assert "a zip bomb" in refused(path)


def test_zeros_in_their_usual_number_are_no_bomb(put):
    zeros = np.zeros((4, 200_000), np.uint8).reshape(4_000, 200)
    assert read(put({"x.npy": npy_of(zeros), "y.npy": npy_of(np.zeros(4_000))})).features.sum() == 0


def test_what_does_not_fit_into_memory_is_refused(save, monkeypatch):
    path = save(x=np.zeros((4, 50_000)), y=Y)
    monkeypatch.setattr(memory, "free_bytes", lambda: 1 << 20)
    assert "would take 1 MB of memory, and 1 MB are free" in refused(path)


def test_a_directory_without_end_is_refused(put, monkeypatch):
    assert "has 1,001 members" in refused(put({f"{place}.npy": b"" for place in range(1_001)}))
    monkeypatch.setattr(archive, "MOST_AT_ONCE", 1 << 16)
    assert "has a directory of" in refused(put({f"{place}.npy": b"" for place in range(2_000)}))


def test_two_members_of_one_name_are_refused(tmp_path):
    path = tmp_path / "mine.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x.npy", npy_of(X))
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("x.npy", npy_of(X))
    assert "member x.npy is there twice" in refused(path)


def test_members_that_are_no_arrays_are_left_out(put):
    path = put({"x.npy": npy_of(X), "y.npy": npy_of(Y), "read.me": b"hello"})
    assert read(path).notes == ("read.me is no array and is left out",)
    assert "holds no array" in refused(put({"read.me": b"hello"}))


def test_a_long_line_is_read_in_pieces(save, monkeypatch):
    monkeypatch.setattr(npy, "BLOCK", 64)
    for order in "CF":
        values = np.asarray(np.arange(4 * 50).reshape(4, 50), order=order)
        np.testing.assert_array_equal(read(save(x=values, y=Y)).features, values)


def small(packed):
    file = io.BytesIO()
    write = np.savez_compressed if packed else np.savez
    write(file, x=np.asfortranarray(X), y=np.array(["a", "b", "a", "b"]), z=np.array([True, False, True, True]))
    return file.getvalue()


WHOLE = {packed: small(packed) for packed in (False, True)}


@given(st.data())
def test_a_damaged_file_gives_arrays_or_says_what_is_wrong(tmp_path_factory, data):
    content = bytearray(WHOLE[data.draw(st.booleans())])
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("arrays") / "mine.npz"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))])
    for target in (None, "z"):
        with contextlib.suppress(LabError):
            found = read(path, target)
            assert len(found.features) == len(found.targets)
            found.targets.tolist()
