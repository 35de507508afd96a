"""scoring_models: tiny random models of several families, and their losses the plain way."""

from __future__ import annotations

from typing import Any

import torch
import transformers

transformers.logging.set_verbosity_error()

V = 97
_SIZES: dict[str, Any] = {
    "vocab_size": V,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
_OLD: dict[str, Any] = {"vocab_size": V, "bos_token_id": 1, "eos_token_id": 2}
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "Llama": ("LlamaForCausalLM", _SIZES),
    "Qwen2": ("Qwen2ForCausalLM", _SIZES),
    "Gemma2": (
        "Gemma2ForCausalLM",
        _SIZES | {"head_dim": 8, "final_logit_softcapping": 3.0, "sliding_window": 16},
    ),
    "Cohere": ("CohereForCausalLM", _SIZES | {"logit_scale": 0.3}),
    "Granite": ("GraniteForCausalLM", _SIZES | {"logits_scaling": 3.0}),
    "Phi": ("PhiForCausalLM", _SIZES | {"num_key_value_heads": 4}),
    "GPTNeoX": ("GPTNeoXForCausalLM", _SIZES),
    "GPT2": (
        "GPT2LMHeadModel",
        _OLD | {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64},
    ),
    "OPT": (
        "OPTForCausalLM",
        _OLD
        | {"hidden_size": 32, "ffn_dim": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
        | {"max_position_embeddings": 64, "word_embed_proj_dim": 16},
    ),
    "Phi3": (  # turns positions by other factors where a batch holds more than 32 tokens in a row
        "Phi3ForCausalLM",
        _SIZES
        | {"pad_token_id": 0, "original_max_position_embeddings": 32, "head_dim": 8}
        | {
            "rope_scaling": {
                "type": "longrope",
                "short_factor": [1.0] * 4,
                "long_factor": [4.0] * 4,
            }
        },
    ),
    "GPTNeo": (
        "GPTNeoForCausalLM",
        _OLD
        | {"hidden_size": 32, "num_layers": 2, "num_heads": 4, "max_position_embeddings": 64}
        | {"attention_types": [[["global", "local"], 1]], "window_size": 8},
    ),
    "Qwen3Next": (
        "Qwen3NextForCausalLM",
        _SIZES
        | {"head_dim": 8, "linear_num_key_heads": 2, "linear_num_value_heads": 2}
        | {"linear_key_head_dim": 8, "linear_value_head_dim": 8, "moe_intermediate_size": 16}
        | {"shared_expert_intermediate_size": 16, "num_experts": 4, "num_experts_per_tok": 2}
        | {"layer_types": ["linear_attention", "full_attention"]},
    ),
    "Bloom": (
        "BloomForCausalLM",
        _OLD | {"hidden_size": 32, "n_layer": 2, "n_head": 4},
    ),
    "MPT": (  # has no positions behind its context, and calls that by a name of its own
        "MptForCausalLM",
        _OLD | {"d_model": 32, "n_layers": 2, "n_heads": 4, "max_seq_len": 64},
    ),
    "BERT": (
        "BertForMaskedLM",
        {name: of for name, of in _SIZES.items() if name != "num_key_value_heads"},
    ),
}


def module(family: str) -> Any:
    """The same each time."""
    name, sizes = FAMILIES[family]
    config = getattr(transformers, name).config_class(**sizes)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = getattr(transformers, name)(config).eval()
        for parameter in made.parameters():  # biases are zero otherwise, and logits nearly equal
            torch.nn.init.normal_(parameter, 0.0 if parameter.ndim > 1 else 0.5, 0.4)
    return made


@torch.no_grad()
def plain(model: Any, ids: list[int]) -> torch.Tensor:
    """The nll of ids[1:], each after those before it."""
    logits = model(input_ids=torch.tensor([ids[:-1]])).logits[0].float()
    return -logits.log_softmax(1)[torch.arange(len(ids) - 1), torch.tensor(ids[1:])]
