"""Model files and the formats of weights.

Each fact is (key, answer, topic or None, questions), as fact_frames reads them. All are true of
Lantern, as its README tells it.
"""

FACTS = [
    ("a file format",
     "GGUF is a file format that holds a whole model in one file. Lantern reads versions 2 "
     "and 3.", "GGUF|a GGUF file|the format GGUF|gguf", """
What does GGUF (mean|stand for|hold|contain)?
(Can|Does|Will) {lantern} (read|load|accept|understand|support) (GGUF|GGUF files|a GGUF file)?
Is GGUF (supported|readable|accepted|understood|possible)(| by Lantern)?
(Which|What) versions of GGUF (can be read|are supported|can Lantern read|does Lantern read|\
are read)?
@ask what (GGUF|a GGUF file|the format GGUF) (is|holds|contains)
@ask (which|what) (versions of GGUF|GGUF versions) (are supported|Lantern reads)
@can (use|load|run|open) (a GGUF file|GGUF|GGUF version 2|GGUF version 3|my GGUF file)
What is (in|inside|stored in|special about) (a GGUF file|GGUF)?
Is GGUF (one file or several|a file format or a program|a format|a program)?
(GGUF|gguf) (version|versions|format|support|meaning)(?|, please)
(My file|The file|My model) (ends in|has the ending|ends with) gguf. What (is that|does it mean|\
is this format)?
I (have|got|downloaded) (a file|something) (called|named) model.gguf. What (is it|is that|\
kind of file is that)?
(Does|Can) (one|a single) GGUF file (hold|contain) (a whole|an entire|a complete) model?
(GGUF 2|GGUF 3|GGUF v2|GGUF v3|GGUF version 3): (can Lantern read it|is it supported|does it work)?
(A friend|Someone) (sent|gave) me a GGUF. What (is this|have I got)?
The model site offers GGUF (downloads|files). What are (those|they)?
(Is it true|Is it right) that a GGUF (holds|contains) the whole model(| in one file)?
(So if I understand|So), GGUF is a (file format|format for models)?
(Does|Will) a GGUF of version (2|3|1) (work|be read)?
Is my GGUF too (old|new)(|, which versions work)?
I never heard of GGUF. (What's that|What is it)?
GGUF in (simple|plain) words?
(Describe|Explain) (GGUF|a GGUF) (to a beginner|in one sentence).
(Define|Definition of) GGUF?
Which GGUF version (do I need|must my file have|should it be)?
Up to which version of GGUF (does Lantern go|can Lantern read)?
What (sort|kind) of (file|thing) is a GGUF?
The docs (say|mention) GGUF. What is (meant|that)?
(GGUF|A GGUF), is it (a program|a model|a file), or what?
What do the letters GGUF (tell|say) me about a file?
The file extension (is|says) .gguf. (What is inside|What kind of file is it)?
Do I need (more|other) files (besides|next to) a GGUF?
Is a GGUF alone (enough|complete|sufficient)?
Can Lantern (handle|cope with|open) GGUF(| version 3| version 2)?
Someone said "take the GGUF". What (did he mean|is the GGUF)?
What (does one|do people) keep in (a|the) GGUF?
How is GGUF (defined|explained)?
GGUF version (4|1): (can Lantern read it|which versions are read)?
My GGUF is (version 2|version 3). (Good|Okay|Is that fine)?
(A file ending|A name ending) in .gguf, what (can|does) it hold?
(What is good|What is practical) about GGUF(| as a format)?
? What are GGUF files?
? Somebody sent me a GGUF. What is that?
"""),
    ("GGUF file or a Hugging Face directory",
     "A model is a GGUF file or a Hugging Face directory with config.json and safetensors.",
     None, """
(Which|What) (files|file types|model files|files of models|kinds of files) can {lantern} (read|\
load|open|use)?
(Which|What) (model files|file formats|model file formats|formats of models) are (supported|\
readable|accepted|read)?
(Which|What) (model formats|formats|file formats) does {lantern} (read|support|accept|load|\
understand)?
What is MODEL in (the commands|lantern chat MODEL|these commands|lantern run MODEL)?
What does MODEL (stand for|mean)(| in the commands)?
(Can|Does) {lantern} (read|load|support|accept) (Hugging Face models|Hugging Face|\
a Hugging Face model|safetensors)?
Can it read (safetensors|a Hugging Face directory|Hugging Face files)?
What is (the Hugging Face layout|a Hugging Face directory|in a Hugging Face directory)?
(Which|What) formats can I (use|load|give to Lantern)?
Does (Lantern|it) support (Hugging Face|safetensors|a directory with safetensors)?
@ask (which|what) (model formats|file formats|model files) (are supported|Lantern reads|it can read)
@ask what (MODEL is|MODEL stands for|the Hugging Face layout is)
@can (use|load|run) (a Hugging Face model|safetensors|a Hugging Face directory|\
a directory with safetensors)
Is (Hugging Face|the Hugging Face layout|a directory of safetensors) (supported|readable|possible)?
In (which|what) (format|kind of file) (must|should) (my|a|the) model be?
(Hugging Face|safetensors|config.json) (support|directory|supported)(?|, please)
(My model|The model) is (a directory|a folder) (of|with) safetensors. (Can I use it|\
Does that work|Is that okay)?
(What|Which file|Which path) do I (give|pass|name) as MODEL?
(Supported|Possible|Readable) (file formats|formats of files|model files)?
Besides GGUF, (are other formats possible|which other files can be read|what else can be read)?
What (may|can|must) (MODEL|the argument MODEL) be?
I (have|got) a folder with config.json(| and safetensors). (Can Lantern use it|Can I give it)?
Do I have to (convert|turn) (safetensors|my Hugging Face model) into GGUF(| first)?
(In what|In which) form do I (hand|give) a model to Lantern?
The command wants a MODEL. (What do I put there|What is that, a file or a folder)?
What (should|do) I (write|put|fill in) (for|instead of) MODEL?
Is MODEL a (path|name|file|folder)?
(Must|Should) MODEL be a file or a (directory|folder)?
Is it true that a Hugging Face (directory|folder) (works|is okay)(| too)?
(So if I understand|So), both (GGUF and Hugging Face|a file and a directory) work as a model?
I downloaded a model from Hugging Face. Can (it be read|Lantern read it)?
Does it have to be a GGUF, or (is something else okay|can it be another format)?
Are safetensors (okay|fine|accepted|readable)?
(PyTorch|ONNX|Pickle|bin) files: (can they be read|do they work|are they accepted)?
What does a model (look like|consist of) on disk(| for Lantern)?
(Which|What) (shape|form) must a model have on (my |)disk?
Which files (must|have to) be in the (model|Hugging Face) (directory|folder)?
A folder (full of|with) safetensors: (good|okay) for Lantern?
Can I (point|aim) Lantern at a (folder|directory)?
My model is not a GGUF. (Is that a problem|Can it be loaded|What else is read)?
The two (forms|formats) a model may (have|come in), which are they?
(Safetensors|Hugging Face directories): (are they read|can I use them|may I give them)?
(Input|Model) (format|formats) for Lantern?
Lantern refuses my (zip|bin|pickle) file. What (format|kind of file) does it want?
(Convert|Do I convert) to GGUF or (use|load) the Hugging Face (directory|folder) as it is?
Is a single safetensors file enough or (do I need|is) config.json (needed|too)?
(What may|What can) I (hand over|give) as a model?
Besides a file, may MODEL be (a directory|a folder|something else)?
? Which model formats are there?
? I have a model from Hugging Face. Will Lantern read it?
"""),
    ("Llama or a dense Mistral",
     "It may be a Llama or a dense Mistral.", None, """
(Which|What) models can {lantern} (run|execute|serve|work with|handle)?
(Which|What) (models|kinds of models|sorts of models|model families) are (supported|possible|\
allowed)?
(What|Which) (kinds|sorts|families|types) of models does {lantern} (run|support|handle)?
(Can|Does|Will) {lantern} (run|support|handle|work with) (a Mistral|Mistral|Mistral models|\
a dense Mistral)?
(Can|Does|Will) {lantern} (run|support|handle) (any model|every model|all models|\
all kinds of models)?
(Which|What) (architectures|model architectures) (are supported|can Lantern run|\
does Lantern support|does it run)?
(Can|Does|Will) {lantern} (run|support|handle) (Llama models|Llama|a Llama|Llamas)?
(Which|What) models (can|may|could) I (use|run|take|try)(| with Lantern|)?
@ask (which|what) (models|kinds of models|architectures) (Lantern runs|are supported|I can run)
@ask whether (Lantern runs|it runs) (a Mistral|every model|mixtures of experts|only Llamas)
@can run (a Mistral|a Llama|my Mistral|other models than Llama|any model I like)
Is (Mistral|Llama|a Mistral|my Mistral model) (supported|possible|allowed)?
Are (Mistral|Llama|other|all) models supported?
(Must the model be|Must my model be|Does my model have to be) a Llama?
Does it run (only Llama models|Llama models only|nothing but Llamas|only Llamas)?
(supported|possible) (models|architectures|model families)(?|, please)
(Mistral|Llama|mixture of experts) (support|supported)?
(I have|I'd like to run) a (Mistral|Llama|mixture of experts). (Does that work|Is it supported|\
Can Lantern run it)?
What about (Mistral|Mistral models|mixtures of experts|other architectures)?
Will my (Gemma|Qwen|Phi) (run|work)(| with Lantern)?
(Does Lantern run|Can Lantern run) (Gemma|Qwen|Phi|DeepSeek|Mixtral)?
I (want|plan) to run Mixtral. (Is that possible|Does Lantern take it)?
(Is it true|Is it right) that (only Llama and Mistral|Llama and Mistral models) (run|work)?
(So if I understand|So), it must be a Llama or a (dense |)Mistral?
How (picky|choosy) is Lantern about (the kind of model|model families)?
(Which|What) model (family|architecture) should I (download|pick|look for)?
Before I download: (which models work|which families work|does Mistral work)?
(Llama 2|Llama 3|Mistral 7B): (does it run|will it work|supported)?
Lantern refuses my (Qwen|Gemma|Mixtral). (Which models does it take|Which ones work)?
Are (mixtures of experts|MoE models|expert models) (supported|possible|okay)?
Is (every|any) (architecture|kind of model) okay(| for Lantern)?
(Must it be|Does it need to be) a (Llama|dense model)?
My model is (not a Llama|no Llama). Will Lantern run it?
What (make|brand|kind) of model does Lantern (want|accept|take)?
(May|Can) I (bring|use) a model of another (family|architecture)?
I (own|have) a (Qwen|Gemma) model. (Does it work here|Will Lantern take it)?
Does the (list|range) of models (include|contain) (Mistral|Qwen|Gemma)?
Which (families|architectures) can Lantern (compute|work with)?
(Model|Architecture) (compatibility|choice|requirements)?
The model (is|must be) of which (kind|family)(| for Lantern)?
Can it be a (vision|speech|image) model, or only Llama?
Besides Llama, (what else|which other family) (runs|works|is supported)?
Next to Llama, does Lantern (know|take|run) (other models|another family)?
(Dense|Sparse) Mistral: does (it|that) (work|run)?
(Will|Would) (a big Llama|any Llama|a Mistral) (do|work) for Lantern?
We use Mistral (at work|in our company). (Compatible|Does Lantern run it)?
? What sort of model must it be for Lantern to run it?
? Would a Mistral work with Lantern too?
"""),
    ("8 bits per weight",
     "Q8_0 is a block format with 8 bits per weight and one scale for 32 weights.",
     "Q8_0|q8_0|the format Q8_0|the type q8_0", """
What does (Q8_0|q8_0|Q8|the name Q8_0) mean?
What is (the format Q8_0|the Q8_0 format|Q8_0 quantization|a Q8_0 model|a Q8_0 file)?
How does (Q8_0|the format Q8_0) (store|keep|write|encode) (weights|the weights|numbers|a weight)?
How many bits (has|are in) Q8_0?
@ask what (Q8_0|q8_0|the format Q8_0) (is|means)
@ask how (Q8_0 stores weights|many bits Q8_0 takes|large a weight is in Q8_0)
How (large|big|precise) is (a|one) weight in Q8_0?
(Which|What) (format|block format) (has|uses|takes) (8|eight) bits (per|for a|for each) weight?
(My|The|This) (file|model) is (in Q8_0|Q8_0|of type q8_0). What (is that|does it mean)?
(q8_0|Q8_0) (format|bits|meaning|explained)
What is the (8 bit|eight bit|8-bit) (block |)format?
(8 bit|8-bit|Eight bit) (weights|format|quantization): (what is it|how is it called|which format)?
(How many|What number of) weights share (one|a) scale in Q8_0?
What is (in|inside) (a block|one block) of Q8_0?
What does --type q8_0 (do|mean|store)?
The file name (ends with|contains) Q8_0. (What does that tell me|What is it)?
Is it true that Q8_0 (has|uses|takes) (8|eight) bits (per|for a) weight?
(So if I understand|So), Q8_0 means (8|eight) bits a weight?
I never heard of Q8_0. (What's that|What is it)?
Q8_0 in (simple|plain) words?
(Describe|Explain) Q8_0 (to a beginner|in one sentence).
(Define|Definition of) Q8_0?
The docs (say|mention) Q8_0. What is (meant|that)?
What do the 8 and the 0 in Q8_0 (mean|say)?
What does the (8|eight) in Q8_0 (stand for|mean)?
Should I be (afraid|worried) of Q8_0, or what is it?
(One byte|8 bits) for a weight: (which format is that|what is the format called)?
How are weights (packed|stored|kept) in (8 bits|eight bits)?
How much (space|room) does a weight (take|need) in Q8_0?
Does Q8_0 (have|use) (a scale|scales)(|, and for how many weights)?
How many weights (are|go) in (one|a) block of Q8_0?
The (download page|web page) offers Q8_0 and others. What is Q8_0?
I (chose|set|took) --type q8_0. (What will be stored|What does it mean)?
(Q8_0|q8_0), is that a (model|format|version)?
What (sort|kind) of format is Q8_0?
How (exact|fine|coarse) are the weights in Q8_0?
(How many|What number of) bits (do I get|are used) with q8_0?
With Q8_0, how are the (numbers|weights) (written|encoded)?
Someone said "take Q8". (What did he mean|What is that)?
My (boss|student|colleague) asks what Q8_0 (is|stands for).
Bits (per|of a) weight in Q8_0?
(An 8-bit|The 8-bit) block of 32 weights, what is (its name|the format)?
? How many bits per weight are there in Q8_0?
? There is q8_0 in the name of my file. What does it tell me?
"""),
    ("4 bits per weight",
     "Q4_0 is a block format with 4 bits per weight and one scale for 32 weights.",
     "Q4_0|q4_0|the format Q4_0|the type q4_0", """
What does (Q4_0|q4_0|Q4|the name Q4_0) mean?
What is (the format Q4_0|the Q4_0 format|Q4_0 quantization|a Q4_0 model|a Q4_0 file)?
How does (Q4_0|the format Q4_0) (store|keep|write|encode) (weights|the weights|numbers|a weight)?
How many bits (has|are in) Q4_0?
@ask what (Q4_0|q4_0|the format Q4_0) (is|means)
@ask how (Q4_0 stores weights|many bits Q4_0 takes|large a weight is in Q4_0)
How (large|big|precise) is (a|one) weight in Q4_0?
(Which|What) (format|block format) (has|uses|takes) (4|four) bits (per|for a|for each) weight?
(My|The|This) (file|model) is (in Q4_0|Q4_0|of type q4_0). What (is that|does it mean)?
(q4_0|Q4_0) (format|bits|meaning|explained)
What is the (4 bit|four bit|4-bit) (block |)format?
(4 bit|4-bit|Four bit) (weights|format|quantization): (what is it|how is it called|which format)?
(How many|What number of) weights share (one|a) scale in Q4_0?
What is (in|inside) (a block|one block) of Q4_0?
What does --type q4_0 (do|mean|store)?
The file name (ends with|contains) Q4_0. (What does that tell me|What is it)?
Is it true that Q4_0 (has|uses|takes) (4|four) bits (per|for a) weight?
(So if I understand|So), Q4_0 means (4|four) bits a weight?
I never heard of Q4_0. (What's that|What is it)?
Q4_0 in (simple|plain) words?
(Describe|Explain) Q4_0 (to a beginner|in one sentence).
(Define|Definition of) Q4_0?
The docs (say|mention) Q4_0. What is (meant|that)?
What do the 4 and the 0 in Q4_0 (mean|say)?
What does the (4|four) in Q4_0 (stand for|mean)?
Should I be (afraid|worried) of Q4_0, or what is it?
(Half a byte|4 bits) for a weight: (which format is that|what is the format called)?
How are weights (packed|stored|kept) in (4 bits|four bits)?
How much (space|room) does a weight (take|need) in Q4_0?
Does Q4_0 (have|use) (a scale|scales)(|, and for how many weights)?
How many weights (are|go) in (one|a) block of Q4_0?
The (download page|web page) offers Q4_0 and others. What is Q4_0?
I (chose|set|took) --type q4_0. (What will be stored|What does it mean)?
(Q4_0|q4_0), is that a (model|format|version)?
What (sort|kind) of format is Q4_0?
How (exact|fine|coarse) are the weights in Q4_0?
(How many|What number of) bits (do I get|are used) with q4_0?
With Q4_0, how are the (numbers|weights) (written|encoded)?
Someone said "take Q4". (What did he mean|What is that)?
My (boss|student|colleague) asks what Q4_0 (is|stands for).
Bits (per|of a) weight in Q4_0?
(A 4-bit|The 4-bit) block of 32 weights, what is (its name|the format)?
? How many bits per weight are there in Q4_0?
? I found a file with q4_0 in its name. What does that tell me?
"""),
    ("fewer bits",
     "Quantization stores weights with fewer bits, so a model is smaller and faster but less "
     "exact.", "quantization|quantizing|quantisation|+quantized models", """
What is a quantized (model|file|weight)?
What does (quantized|quantize|to quantize|quantization) mean?
Why (are|were) models quantized?
Why (would|should) (I|one|anybody) quantize a model?
How (can|does) a model (become|get) (smaller|faster|quicker) (by quantization|\
through quantization|with fewer bits)?
How can a model become smaller?
What is (quantization|quantizing) (good|useful|used|there) for?
What is the (use|point|advantage|benefit|price|cost|effect) of quantization?
@ask what (quantization|quantizing) (is|does|means)
@ask why (models are quantized|one quantizes a model|quantized models are faster)
What (does|can) quantization (change|cost|save)(| in a model)?
What does quantization do(| to a model| with the weights)?
(Is a quantized model|Are quantized models) (smaller|faster|less exact|worse)?
(What do I lose|What is lost|What do I gain|What is gained) (by|with|through) quantization?
How are weights (stored in|kept in|made smaller for) a quantized model?
(Storing|Keeping) weights (with|in) fewer bits: (what is that called|what is it good for|\
how is that called)?
(quantized|quantization) (meaning|definition|explained)
(Does|Will) quantization (make|leave) a model (smaller|faster|worse|less exact)?
How does quantization work?
(My|The) model is quantized. (What does that mean|What is that|What has been done to it)?
The model comes quantized or (full|unquantized). What is the (difference|catch)?
(Is it true|Is it right) that a quantized model is (smaller|faster|less exact)?
(So if I understand|So), to quantize (is|means) to use fewer bits?
In (my lecture|a talk) they mentioned quantization. (What was that|What is it)?
Quantization in (simple|plain) words?
(Describe|Explain) quantization (to a child|to a beginner|in one sentence).
(Define|Definition of) quantization?
What is the (principle|idea|trick) (of|behind) quantization?
What is the (catch|downside|drawback) (of|with) (quantization|a quantized model)?
Why do people (quantize|shrink) (models|a model) before they use them?
How can (7|70) billion weights become (a smaller|such a small) file?
How do they (make|get) model files (so small|smaller)?
Does quantization (hurt|harm|damage) the (quality|model|answers)?
Do quantized models (make more mistakes|answer worse|lose precision)?
Is a quantized model (quicker|better|weaker|smaller) than the (original|full one)?
What (happens to|is done with) the weights when a model is quantized?
Fewer bits (per|for each) weight: what (is the effect|do I gain and lose)?
(Pros and cons|Good and bad sides) of (quantization|quantized models)?
Should I (trust|fear) a quantized model(|, what is it)?
Is quantization like (JPEG for a model|compressing a picture)?
(Compressing|Shrinking) a model by (rounding its weights|using fewer bits), what is it called?
Someone said "it is quantized". What (did he mean|does that tell me)?
How do (rounded|coarser) weights (change|affect) a model?
Rounding weights to (a few|fewer) bits, (why would one|what for)?
What is (bought|won) and what is (lost|paid) when (a model is quantized|one quantizes)?
The word quantization (confuses|puzzles) me.
Why is the quantized (version|file) (so much |)smaller?
? What happens to weights in quantization?
? Why do people quantize their models?
"""),
]
