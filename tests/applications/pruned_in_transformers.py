"""Opens a whole and a pruned model with transformers; run by the library's own Python in ``test_pruning.py``."""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, XLMRobertaConfig, XLMRobertaModel

texts = Path(sys.argv[3]).read_text("utf8").splitlines()
layers: dict[str, torch.Tensor] = {}
hidden = []
for folder in sys.argv[1:3]:
    table = load_file(f"{folder}/model.safetensors")["model.embed_tokens.weight"].float()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert len(tokenizer) == len(table)
    config = XLMRobertaConfig(
        vocab_size=len(table), hidden_size=table.shape[1], num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=16, pad_token_id=tokenizer.convert_tokens_to_ids("<pad>"),
    )  # fmt: skip
    model = XLMRobertaModel(config).eval()
    layers = layers or {k: v for k, v in model.state_dict().items() if "embeddings" not in k}
    model.load_state_dict(layers, strict=False)
    model.get_input_embeddings().weight.data.copy_(table)
    rest = [p for k, p in sorted(model.named_parameters()) if "position_emb" in k or "token_type" in k]
    for parameter in rest:
        parameter.data.zero_()
    with torch.no_grad():
        ids = [tokenizer(text, add_special_tokens=False).input_ids for text in texts]
        hidden.append([model(torch.tensor([own])).last_hidden_state for own in ids])
    print(Path(folder).name, len(table), [len(own) for own in ids])
print(
    "same", all(a.shape == b.shape and torch.allclose(a, b, atol=1e-5) for a, b in zip(*hidden, strict=True))
)
